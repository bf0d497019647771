"""ECS's managed daemons: what they run or would start on the next instance, and the newest daemon
task definitions. Daemon tasks that run are tasks like any other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest

from bot.aws.places import Answer, AwsPlace, absence, any_of
from bot.core.usage import Sighting
from bot.parallel import in_parallel
from bot.usage.ecs_definitions import (
    CLUSTER_IS_GONE,
    PAGE,
    DefinitionUse,
    Describing,
    container_sightings,
    describe_all,
    short_name,
    sightings_in,
)

_DEPLOYMENTS = Describing(
    "describe_daemon_deployments",
    asked="daemonDeploymentArns",
    told="daemonDeployments",
    at_once=20,
)
_REVISIONS = Describing(
    "describe_daemon_revisions", asked="daemonRevisionArns", told="daemonRevisions", at_once=20
)
"""API reference: up to 20."""

_HAS_NONE = any_of(CLUSTER_IS_GONE, absence("UnsupportedFeatureException"))
"""The second: the Region does not offer daemons (API reference, ListDaemons)."""

_IS_GONE = any_of(_HAS_NONE, absence("DaemonNotFoundException"))


def daemon_findings(
    place: AwsPlace, clusters: Sequence[str], newest: int
) -> Iterator[Sighting | DefinitionUse]:
    """`newest`: how many revisions of every family of daemon task definitions count."""
    for revision, used_by in _deployed_revisions(place, clusters):
        containers = revision.get("containerImages")
        for container in containers or ():
            yield from container_sightings(container, used_by)
        if not containers:
            yield DefinitionUse(revision["daemonTaskDefinitionArn"], used_by)
    yield from _newest_definitions(place, newest)


def is_of_daemon(use: DefinitionUse) -> bool:
    """Whether it names a daemon task definition, by ARN: a daemon's tasks do, too."""
    return ":daemon-task-definition/" in use.definition


def daemon_definition_sightings(
    place: AwsPlace, uses: Iterable[DefinitionUse]
) -> Iterator[Sighting]:
    """Describes each definition once. One that was deleted is still there while a daemon runs it
    (API reference, DeleteDaemonTaskDefinition)."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        users[use.definition].add(use.used_by)

    def described(arn: str) -> Answer:
        answer = place.call("ecs", "describe_daemon_task_definition", daemonTaskDefinition=arn)
        definition: Answer = answer["daemonTaskDefinition"]
        return definition

    for arn, definition in zip(users, in_parallel(described, users), strict=True):
        yield from sightings_in(definition, users[arn])


def _deployed_revisions(place: AwsPlace, clusters: Sequence[str]) -> Iterator[tuple[Answer, str]]:
    """Revisions that run, that a deployment leads to, and that a rollback would go back to."""
    revisions: dict[str, str] = {}
    deployments: dict[str, str] = {}
    for daemon in _daemons(place, clusters):
        used_by = f"ECS daemon {_name(daemon['daemonArn'])}"
        for revision in daemon.get("currentRevisions") or ():
            revisions[revision["arn"]] = used_by
        if deployment := daemon.get("deploymentArn"):
            deployments[deployment] = used_by
    for deployment in describe_all(place, _DEPLOYMENTS, list(deployments)):
        used_by = deployments[deployment["daemonDeploymentArn"]]
        revisions.setdefault(deployment["targetDaemonRevision"]["arn"], used_by)
        for arn in _rollback_targets(deployment):
            revisions.setdefault(arn, f"{used_by} (to roll back to)")
    for revision in describe_all(place, _REVISIONS, list(revisions)):
        yield revision, revisions[revision["daemonRevisionArn"]]


def _daemons(place: AwsPlace, clusters: Sequence[str]) -> Iterator[Answer]:
    def listed(cluster: str) -> list[str]:
        daemons = place.pages(
            "ecs",
            "list_daemons",
            "daemonSummariesList",
            _HAS_NONE,
            clusterArn=cluster,
            maxResults=PAGE,
        )
        return [daemon["daemonArn"] for daemon in daemons]

    def described(arn: str) -> Answer | None:
        answer = place.find("ecs", "describe_daemon", _IS_GONE, daemonArn=arn)
        return answer and answer["daemon"]

    arns = (arn for some in in_parallel(listed, clusters) for arn in some)
    yield from filter(None, in_parallel(described, arns))


def _rollback_targets(deployment: Answer) -> Iterator[str]:
    for source in deployment.get("sourceDaemonRevisions") or ():
        yield source["arn"]
    rollback = deployment.get("rollback")
    if rollback and (arn := rollback.get("rollbackTargetDaemonRevisionArn")):
        yield arn


def _newest_definitions(place: AwsPlace, wanted: int) -> Iterator[DefinitionUse]:
    """The newest ACTIVE revisions of every family, by ARN. The filter LAST_REGISTERED does not
    help: the last one may not be ACTIVE any more."""
    families: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for definition in place.pages(
        "ecs",
        "list_daemon_task_definitions",
        "daemonTaskDefinitions",
        _HAS_NONE,
        status="ACTIVE",
        maxResults=PAGE,
    ):
        family, _, revision = short_name(definition["arn"]).rpartition(":")
        families[family][int(revision)] = definition["arn"]
    which = "newest revision" if wanted == 1 else f"of the newest {wanted}"
    for revisions in families.values():
        for number in nlargest(wanted, revisions):
            arn = revisions[number]
            yield DefinitionUse(arn, f"ECS daemon task definition {short_name(arn)} ({which})")


def _name(arn: str) -> str:
    """`CLUSTER/NAME` of `arn:aws:ecs:REGION:ACCOUNT:daemon/CLUSTER/NAME`."""
    return "/".join(arn.split("/")[-2:])
