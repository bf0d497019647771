"""Control API: repositories, manifests and settings of registries."""

from bot.playground.aws.aws_state import AwsState
from bot.playground.aws.control.routing import Body, control, location_in, with_times
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.stored_manifest import StoredManifest


def _repository(world: AwsState, body: Body) -> Repository:
    return world.repository(body.pop("repository"), **location_in(body))


@control("POST", "/repositories")
def create_repository(world: AwsState, body: Body) -> Body:
    repository = world.create_repository(**body)
    return {"arn": repository.arn, "uri": repository.uri}


@control("GET", "/repositories")
def show_repository(world: AwsState, body: Body) -> Body:
    """`?repository=NAME` and optionally `&account=…&region=…`."""
    repository = _repository(world, body)
    repository.complete_restores(world.clock.now())
    return {
        "uri": repository.uri,
        "mutability": repository.mutability,
        "tags": repository.digest_by_tag,
        "manifests": [_manifest_json(repository, each) for each in repository.manifests.values()],
    }


def _manifest_json(repository: Repository, manifest: StoredManifest) -> Body:
    return {
        "digest": manifest.digest,
        "tags": sorted(manifest.tags),
        "media_type": manifest.media_type,
        "children": manifest.children,
        "subject": manifest.subject,
        "size": repository.size_of(manifest),
        "pushed_at": manifest.pushed_at,
        "pulled_at": manifest.pulled_at,
        "status": manifest.status,
        "archived_at": manifest.archived_at,
    }


@control("POST", "/manifests")
def push(world: AwsState, body: Body) -> Body:
    """`manifests`: a list of `{manifest, tags, pushed_at, pulled_at, archived_at, media_type}`."""
    repository = _repository(world, body)
    pushes = [with_times(each) for each in body["manifests"]]
    return {"digests": [world.push(repository, each.pop("manifest"), **each) for each in pushes]}


@control("DELETE", "/manifests")
def remove(world: AwsState, body: Body) -> None:
    world.remove(_repository(world, body), **body)


@control("POST", "/deletion-failures")
def fail_deletion(world: AwsState, body: Body) -> None:
    world.fail_deletion(_repository(world, body), **body)


@control("POST", "/tags")
def retag(world: AwsState, body: Body) -> None:
    world.retag(_repository(world, body), **body)


@control("POST", "/pulls")
def pull(world: AwsState, body: Body) -> None:
    world.pull(_repository(world, body), **body)


@control("POST", "/archive")
def archive(world: AwsState, body: Body) -> None:
    world.archive(_repository(world, body), **body)


@control("POST", "/restore")
def restore(world: AwsState, body: Body) -> None:
    """`{repository, reference}` and optionally `at`."""
    world.restore(_repository(world, body), **body)


@control("PUT", "/settings")
def set_account_setting(world: AwsState, body: Body) -> None:
    world.set_account_setting(**body)


@control("POST", "/exclusions")
def exclude_pull_times(world: AwsState, body: Body) -> None:
    world.exclude_pull_times(**body)


@control("PUT", "/policies")
def set_repository_policy(world: AwsState, body: Body) -> None:
    """`policy`: the policy as a JSON object."""
    world.set_repository_policy(_repository(world, body), **body)


@control("PUT", "/lifecycle-policies")
def set_lifecycle_policy(world: AwsState, body: Body) -> None:
    """`policy`: the policy as a JSON object."""
    world.set_lifecycle_policy(_repository(world, body), **body)


@control("PUT", "/registry-policy")
def set_registry_policy(world: AwsState, body: Body) -> None:
    world.set_registry_policy(**body)


@control("POST", "/replication")
def replicate(world: AwsState, body: Body) -> None:
    world.replicate(**body)
