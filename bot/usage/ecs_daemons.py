"""ECS managed daemons: the images that they run or would start on a new instance, and those of the
newest daemon task definitions. Running daemon tasks are listed with other tasks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest

from bot.aws.aws_api import AwsAnswer, AwsApi, any_of, error_with
from bot.core.usage import ImageUse
from bot.parallel import in_parallel
from bot.ports import DefinitionKey, OpenDefinitionCache
from bot.usage.ecs_definitions import (
    CLUSTER_NOT_FOUND,
    PAGE,
    EcsDescribeCall,
    TaskDefinitionUse,
    container_image_uses,
    describe_all,
    image_uses_of,
    images_in,
    short_name,
    split_revision,
)
from bot.usage.known_definitions import Reading, one_by_one, read_once

_DEPLOYMENTS = EcsDescribeCall(
    "describe_daemon_deployments",
    parameter="daemonDeploymentArns",
    result_key="daemonDeployments",
    limit=20,
)
_REVISIONS = EcsDescribeCall(
    "describe_daemon_revisions",
    parameter="daemonRevisionArns",
    result_key="daemonRevisions",
    limit=20,
)
"""Limits: API reference."""

_HAS_NONE = any_of(CLUSTER_NOT_FOUND, error_with("UnsupportedFeatureException"))
"""UnsupportedFeatureException: the Region does not offer daemons (API reference, ListDaemons)."""

_NOT_FOUND = any_of(_HAS_NONE, error_with("DaemonNotFoundException"))


def daemon_findings(
    aws: AwsApi, clusters: Sequence[str], newest: int
) -> Iterator[ImageUse | TaskDefinitionUse]:
    """`newest`: how many revisions of every family of daemon task definitions count."""
    for revision, used_by in _deployed_revisions(aws, clusters):
        containers = revision.get("containerImages")
        for container in containers or ():
            yield from container_image_uses(container, used_by)
        if not containers:
            yield TaskDefinitionUse(revision["daemonTaskDefinitionArn"], used_by)
    yield from _newest_definitions(aws, newest)


def is_of_daemon(use: TaskDefinitionUse) -> bool:
    """Whether the ARN is that of a daemon task definition, as tasks of daemons also have it."""
    return ":daemon-task-definition/" in use.definition


def daemon_definition_image_uses(
    aws: AwsApi, open_cache: OpenDefinitionCache, uses: Iterable[TaskDefinitionUse]
) -> Iterator[ImageUse]:
    """Describes each definition once. A deleted definition still exists while a daemon runs it (API
    reference, DeleteDaemonTaskDefinition)."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        users[use.definition].add(use.used_by)

    def described(arn: str) -> Reading:
        answer = aws.call("ecs", "describe_daemon_task_definition", daemonTaskDefinition=arn)
        return Reading(images_in(answer["daemonTaskDefinition"]))

    place = aws.place_of("ecs")
    keys = {arn: DefinitionKey(place, arn) for arn in users}
    for arn, images in read_once(open_cache, keys, one_by_one(described)).items():
        yield from image_uses_of(images, users[arn])


def _deployed_revisions(aws: AwsApi, clusters: Sequence[str]) -> Iterator[tuple[AwsAnswer, str]]:
    """Yields revisions that run, and the target and rollback revisions of deployments."""
    revisions: dict[str, str] = {}
    deployments: dict[str, str] = {}
    for daemon in _daemons(aws, clusters):
        used_by = f"ECS daemon {_name(daemon['daemonArn'])}"
        for revision in daemon.get("currentRevisions") or ():
            revisions[revision["arn"]] = used_by
        if deployment := daemon.get("deploymentArn"):
            deployments[deployment] = used_by
    for deployment in describe_all(aws, _DEPLOYMENTS, list(deployments)):
        used_by = deployments[deployment["daemonDeploymentArn"]]
        revisions.setdefault(deployment["targetDaemonRevision"]["arn"], used_by)
        for arn in _rollback_targets(deployment):
            revisions.setdefault(arn, f"{used_by} (to roll back to)")
    for revision in describe_all(aws, _REVISIONS, list(revisions)):
        yield revision, revisions[revision["daemonRevisionArn"]]


def _daemons(aws: AwsApi, clusters: Sequence[str]) -> Iterator[AwsAnswer]:
    def listed(cluster: str) -> list[str]:
        daemons = aws.pages(
            "ecs",
            "list_daemons",
            "daemonSummariesList",
            _HAS_NONE,
            clusterArn=cluster,
            maxResults=PAGE,
        )
        return [daemon["daemonArn"] for daemon in daemons]

    def described(arn: str) -> AwsAnswer | None:
        answer = aws.find("ecs", "describe_daemon", _NOT_FOUND, daemonArn=arn)
        return answer and answer["daemon"]

    arns = (arn for some in in_parallel(listed, clusters) for arn in some)
    yield from filter(None, in_parallel(described, arns))


def _rollback_targets(deployment: AwsAnswer) -> Iterator[str]:
    for source in deployment.get("sourceDaemonRevisions") or ():
        yield source["arn"]
    rollback = deployment.get("rollback")
    if rollback and (arn := rollback.get("rollbackTargetDaemonRevisionArn")):
        yield arn


def _newest_definitions(aws: AwsApi, wanted: int) -> Iterator[TaskDefinitionUse]:
    """Yields the newest ACTIVE revisions of every family by ARN. Does not use the filter
    LAST_REGISTERED, since the last registered revision may not be ACTIVE."""
    families: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for definition in aws.pages(
        "ecs",
        "list_daemon_task_definitions",
        "daemonTaskDefinitions",
        _HAS_NONE,
        status="ACTIVE",
        maxResults=PAGE,
    ):
        family, revision = split_revision(definition["arn"])
        families[family][revision] = definition["arn"]
    which = "newest revision" if wanted == 1 else f"of the newest {wanted}"
    for revisions in families.values():
        for number in nlargest(wanted, revisions):
            arn = revisions[number]
            yield TaskDefinitionUse(arn, f"ECS daemon task definition {short_name(arn)} ({which})")


def _name(arn: str) -> str:
    """`CLUSTER/NAME` of `arn:aws:ecs:REGION:ACCOUNT:daemon/CLUSTER/NAME`."""
    return "/".join(arn.split("/")[-2:])
