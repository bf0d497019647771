"""ECS: the images of tasks and services."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse, TagRunner, UnresolvedTagReference
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.ecs.state import EcsState
from bot.usage.ecs import EcsSource
from tests.support import NOW, Shelf
from tests.usage.aws_support import HOST, PLACE, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

API = image("team/api")
OLD_REVISIONS = datetime.fromisoformat("2024-10-01T00:00:00+00:00")


@pytest.fixture
def ecs(aws: AwsStandIn) -> EcsState:
    aws.world.clock.set(NOW)
    return aws.world.ecs()


def image_uses(revisions: int = 1) -> set[ImageUse]:
    return scan_source(EcsSource(open_aws_api(), revisions))


def users(found: set[ImageUse], *, image: str | None = None, digest: str | None = None) -> set[str]:
    return {
        each.used_by
        for each in found
        if (image and each.image == image) or (digest and each.digest == digest)
    }


def test_name_and_scope_of_the_source() -> None:
    source = EcsSource(open_aws_api(), 1)
    assert (source.name, source.scope) == ("ecs", PLACE)


@pytest.mark.usefixtures("ecs")
def test_no_workloads() -> None:
    assert image_uses() == set()


def test_running_images_have_their_digest_after_the_tag_moved(ecs: EcsState, shelf: Shelf) -> None:
    running = shelf.image("first", "1")
    ecs.create_service("prod", "api", [API])
    shelf.image("second", "1")
    assert image_uses() == {
        ImageUse(API, "ECS prod/api", running),
        ImageUse(API, "ECS prod/api"),
        ImageUse(API, "ECS task definition api (newest revision)"),
    }


def test_a_multi_arch_image_has_the_digest_of_its_index(ecs: EcsState, shelf: Shelf) -> None:
    index = shelf.index("1", "amd64", "arm64")
    ecs.run_task("prod", "api", [API])
    assert users(image_uses(), digest=index) == {"ECS task api:1 on prod"}


def test_a_tag_with_a_digest(ecs: EcsState) -> None:
    pinned = f"{API}@{digest(1)}"
    ecs.run_task("prod", "api", [pinned], digests=[digest(1)])
    assert ImageUse(pinned, "ECS task api:1 on prod", digest(1)) in image_uses()


def test_a_running_task_without_digest_is_unresolved_since_its_creation(
    ecs: EcsState,
) -> None:
    ecs.run_task("prod", "api", [API], digests=[None])
    unresolved = UnresolvedTagReference(TagRunner.ECS_TASK, NOW)
    assert ImageUse(API, "ECS task api:1 on prod", unresolved=unresolved) in image_uses()


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING"])
def test_a_pending_task_has_no_digest_yet(ecs: EcsState, status: str) -> None:
    ecs.run_task("prod", "api", [API], digests=[digest(1)], last_status=status)
    assert ImageUse(API, "ECS task api:1 on prod (starting)") in image_uses()


@pytest.mark.parametrize("status", ["DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"])
def test_a_task_that_stopped_recently(ecs: EcsState, status: str) -> None:
    task = ecs.run_task("prod", "api", [API], digests=[digest(1)])
    ecs.stop_task(task, last_status=status)
    assert ImageUse(API, "ECS task api:1 on prod (stopped)", digest(1)) in image_uses()


def test_a_task_that_stopped_long_ago(ecs: EcsState) -> None:
    ecs.run_task("prod", "api", [API], digests=[digest(1)], stopped_at=NOW - timedelta(hours=2))
    ecs.deregister("api:1")
    assert image_uses() == set()


def test_every_container_of_every_task_in_every_cluster(ecs: EcsState) -> None:
    for n, cluster in enumerate(["default", "prod", "staging"]):
        images = [image("app", cluster), image("proxy", cluster)]
        ecs.run_task(cluster, "both", images, digests=[digest(2 * n), digest(2 * n + 1)])
    assert {each.digest for each in image_uses()} == {None, *map(digest, range(6))}


@pytest.mark.parametrize("described", [{}, {"imageDigest": digest(2)}])
def test_a_container_that_names_no_image_is_looked_up_in_its_task_definition(
    aws: AwsStandIn, ecs: EcsState, described: dict[str, str]
) -> None:
    """ECS lists the container of Service Connect like this (observed)."""
    task = ecs.run_task("prod", "api", [API], digests=[digest(1)])
    ecs.deregister("api:1")
    entry = {
        "taskArn": task.arn,
        "taskDefinitionArn": task.definition.arn,
        "clusterArn": task.cluster_arn,
        "group": "service:api",
        "desiredStatus": "RUNNING",
        "lastStatus": "RUNNING",
        "containers": [{"name": "ecs-service-connect-oRK9o", **described}],
    }
    aws.world.faults.add(Fault(operation="DescribeTasks", answer={"tasks": [entry]}))
    found = image_uses()
    assert ImageUse(API, "ECS prod/api") in found
    assert users(found, digest=digest(2)) == ({"ECS prod/api"} if described else set())


def test_an_older_deployment_that_is_draining(ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)])
    ecs.deploy("prod", "api", [image("team/api", "2")], digests=[digest(2)])
    found = image_uses()
    assert ImageUse(API, "ECS prod/api (draining)") in found
    assert users(found, digest=digest(1)) == {"ECS prod/api"}
    assert users(found, digest=digest(2)) == {"ECS prod/api"}


def test_a_service_scaled_to_zero(ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], desired=0)
    ecs.deregister("api:1")
    assert image_uses() == {
        ImageUse(API, "ECS prod/api", digest(1)),
        ImageUse(API, "ECS prod/api"),
    }


def test_rollback_targets(ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], desired=0)
    ecs.deploy("prod", "api", [image("team/api", "2")], digests=[digest(2)], outcome="SUCCESSFUL")
    found = image_uses()
    assert ImageUse(API, "ECS prod/api (to roll back to)", digest(1)) in found
    assert ImageUse(API, "ECS prod/api (to roll back to)") in found
    assert users(found, digest=digest(2)) == {"ECS prod/api"}


def test_the_target_of_a_completed_rollback(ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], desired=0)
    options: Any = {"digests": [digest(2)], "outcome": "ROLLBACK_SUCCESSFUL"}
    ecs.deploy("prod", "api", [image("team/api", "2")], **options)
    assert users(image_uses(), digest=digest(1)) == {"ECS prod/api"}


@pytest.mark.parametrize("rollback", [True, False])
def test_the_source_the_target_and_the_rollback_of_a_deployment(
    aws: AwsStandIn, ecs: EcsState, *, rollback: bool
) -> None:
    service = ecs.create_service("prod", "api", [API], digests=[digest(1)], desired=0)
    for n in (2, 3):
        options: Any = {"digests": [digest(n)], "outcome": "SUCCESSFUL"}
        ecs.deploy("prod", "api", [image("team/api", str(n))], **options)
    newest, middle, oldest = (each.revision.arn for each in service.history)
    deployment = {
        "serviceDeploymentArn": service.primary.arn,
        "sourceServiceRevisions": [{"arn": middle}],
        "targetServiceRevision": {"arn": newest},
        **({"rollback": {"serviceRevisionArn": oldest}} if rollback else {}),
    }
    aws.world.faults.add(
        Fault(operation="DescribeServiceDeployments", answer={"serviceDeployments": [deployment]})
    )
    digests = {each.digest for each in image_uses() if each.digest}
    assert digests == {digest(3), digest(2), *([digest(1)] if rollback else [])}


def test_without_version_consistency_there_is_no_digest_at_deployment(ecs: EcsState) -> None:
    ecs.register("api", [API], version_consistency=False)
    ecs.create_service("prod", "api", digests=[digest(1)])
    revision = {ImageUse(API, "ECS prod/api")}
    task = {ImageUse(API, "ECS prod/api", digest(1))}
    newest = {ImageUse(API, "ECS task definition api (newest revision)")}
    assert image_uses() == revision | task | newest


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_task_sets(ecs: EcsState, controller: Any) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], controller=controller)
    ecs.add_task_set("prod", "api", [image("team/api", "2")], status="ACTIVE", running=0)
    ecs.add_task_set("prod", "api", [image("team/api", "3")], status="DRAINING", running=0)
    found = image_uses()
    assert users(found, image=API) == {"ECS prod/api"}
    assert users(found, image=image("team/api", "2")) == {"ECS prod/api (second task set)"}
    assert "ECS prod/api (draining)" in users(found, image=image("team/api", "3"))


def test_a_service_older_than_service_revisions(aws: AwsStandIn, ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], at=OLD_REVISIONS)
    assert users(image_uses(), digest=digest(1)) == {"ECS prod/api"}
    assert aws.world.calls.count("ecs:DescribeServiceRevisions") == 0


def test_a_deployment_from_a_revision_that_cannot_be_described(ecs: EcsState) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)], at=OLD_REVISIONS)
    ecs.deploy("prod", "api", [image("team/api", "2")], digests=[digest(2)])
    found = image_uses()
    assert users(found, digest=digest(2)) == {"ECS prod/api"}
    assert ImageUse(API, "ECS prod/api (draining)") in found


@pytest.mark.parametrize("drained", [True, False])
def test_a_service_that_is_being_deleted(ecs: EcsState, *, drained: bool) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)])
    ecs.delete_service("prod", "api", drained=drained)
    state = " (stopped)" if drained else ""
    assert users(image_uses(), digest=digest(1)) == {f"ECS prod/api{state}"}


@pytest.mark.parametrize("operation", ["DescribeTasks", "DescribeServices"])
@pytest.mark.parametrize("reason", ["MISSING", "INACTIVE"])
def test_a_resource_deleted_after_it_was_listed(
    aws: AwsStandIn, ecs: EcsState, operation: str, reason: str
) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)])
    key = "tasks" if operation == "DescribeTasks" else "services"
    failures = [{"arn": "arn:aws:ecs:eu-west-1:123456789012:gone", "reason": reason}]
    aws.world.faults.add(Fault(operation=operation, answer={key: [], "failures": failures}))
    assert users(image_uses(), image=API) >= {"ECS task definition api (newest revision)"}


@pytest.mark.parametrize(
    "operation", ["ListTasks", "ListServices", "DescribeTasks", "DescribeServices"]
)
def test_a_cluster_deleted_after_it_was_listed(
    aws: AwsStandIn, ecs: EcsState, operation: str
) -> None:
    ecs.create_service("prod", "api", [API], digests=[digest(1)])
    aws.world.faults.add(Fault(operation=operation, times=None, error="ClusterNotFoundException"))
    assert users(image_uses(), image=API) >= {"ECS task definition api (newest revision)"}


@pytest.mark.parametrize("what", ["Deployments", "Revisions"])
def test_a_missing_cluster_is_an_error_for_calls_on_several_clusters(
    aws: AwsStandIn, ecs: EcsState, what: str
) -> None:
    """These calls describe resources of several clusters."""
    ecs.create_service("prod", "api", [API], digests=[digest(1)])
    operation = f"DescribeService{what}"
    aws.world.faults.add(Fault(operation=operation, error="ClusterNotFoundException"))
    with pytest.raises(ServiceError, match=operation):
        image_uses()


def test_images_of_other_registries_are_unchanged(ecs: EcsState) -> None:
    elsewhere = ["nginx", "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/api:1"]
    ecs.run_task("prod", "api", elsewhere, digests=[digest(1), None])
    assert {each.image for each in image_uses()} == set(elsewhere)
    assert HOST not in "".join(elsewhere)


def test_other_regions_are_not_scanned(aws: AwsStandIn) -> None:
    aws.world.ecs(region="us-east-1").create_service("prod", "api", [API], digests=[digest(1)])
    assert image_uses() == set()
