"""Operations on managed daemons, their deployments, revisions and task definitions."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.daemon_entities import Daemon, DaemonDeployment, DaemonRevision
from bot.playground.aws.ecs.entities import TaskDefinition
from bot.playground.aws.ecs.service import (
    check_list_length,
    ecs,
    invalid,
    missing,
    page_size,
    pager,
    short_name,
    state,
)
from bot.playground.aws.ecs.service_deployments import image_entry
from bot.playground.aws.entry_cache import CachedEntity, cached_entry
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import ascending, descending
from bot.playground.aws.service import Answer, RenderedAnswer

Found = TypeVar("Found", bound=CachedEntity)


@ecs.operation("ListDaemons")
def list_daemons(params: Params, context: CallContext) -> Answer:
    """The daemons of a cluster, by default of `default` (model).

    With capacity providers the list is empty: the stand-in has none.
    """
    named = params.get("clusterArn", "default")
    cluster = state(context).clusters.get(short_name(named))
    if cluster is None or named not in ("default", cluster.arn):
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    daemons = {} if params.get("capacityProviderArns") else cluster.daemons
    names, more = pager.page(ascending(sorted(daemons)), params, context, page_size(params))
    return {"daemonSummariesList": [_summary_entry(daemons[name]) for name in names]} | more


def _summary_entry(daemon: Daemon) -> dict[str, Any]:
    return {
        "daemonArn": daemon.arn,
        "status": "ACTIVE",
        "createdAt": daemon.created_at,
        "updatedAt": daemon.history[0].created_at,
    }


def _one(member: str) -> Callable[[Params, CallContext], str]:
    return lambda params, _context: str(params[member])


def _each(member: str) -> Callable[[Params, CallContext], list[str]]:
    return lambda params, _context: list(params[member])


@ecs.operation("DescribeDaemon", resource=_one("daemonArn"))
def describe_daemon(params: Params, context: CallContext) -> Answer:
    prefix = state(context).location.arn("ecs", "daemon/")
    daemon = _daemon(params["daemonArn"].removeprefix(prefix).split("/"), context)
    if daemon is None or daemon.arn != params["daemonArn"]:
        raise AwsError("DaemonNotFoundException", "Daemon not found.")
    return RenderedAnswer({"daemon": _detail(daemon)})


@ecs.operation("DescribeDaemonDeployments", resource=_each("daemonDeploymentArns"))
def describe_daemon_deployments(params: Params, context: CallContext) -> Answer:
    arns = params["daemonDeploymentArns"]
    check_list_length(arns, 20, "Daemon deployment ARNs", "daemonDeploymentArns")
    found, not_found = _find_all(arns, "daemon-deployment", context, _deployments)
    return RenderedAnswer(
        {"daemonDeployments": [*map(_deployment, found)], "failures": missing(not_found)}
    )


@ecs.operation("DescribeDaemonRevisions", resource=_each("daemonRevisionArns"))
def describe_daemon_revisions(params: Params, context: CallContext) -> Answer:
    arns = params["daemonRevisionArns"]
    check_list_length(arns, 20, "Daemon revision ARNs", "daemonRevisionArns")
    found, not_found = _find_all(arns, "daemon-revision", context, _revisions)
    return RenderedAnswer(
        {"daemonRevisions": [*map(_revision, found)], "failures": missing(not_found)}
    )


def _deployments(daemon: Daemon) -> dict[str, DaemonDeployment]:
    return {each.arn: each for each in daemon.history}


def _revisions(daemon: Daemon) -> dict[str, DaemonRevision]:
    return {each.target.arn: each.target for each in daemon.history}


def _find_all(
    arns: list[str],
    kind: str,
    context: CallContext,
    entities_of: Callable[[Daemon], dict[str, Found]],
) -> tuple[list[Found], list[str]]:
    """The found entities, and the ARNs that were not found."""
    prefix = state(context).location.arn("ecs", f"{kind}/")
    found, not_found = [], []
    for arn in arns:
        path = arn.removeprefix(prefix).split("/")
        if not arn.startswith(prefix) or len(path) != 3:
            invalid(f"Invalid {kind} ARN: {arn}")
        daemon = _daemon(path, context)
        entity = entities_of(daemon).get(arn) if daemon else None
        if entity:
            found.append(entity)
        else:
            not_found.append(arn)
    return found, not_found


def _daemon(path: list[str], context: CallContext) -> Daemon | None:
    """A daemon by the names of its cluster and itself."""
    cluster = state(context).clusters.get(path[0])
    return cluster.daemons.get(path[1]) if cluster and len(path) > 1 else None


@ecs.operation("ListDaemonTaskDefinitions")
def list_daemon_task_definitions(params: Params, context: CallContext) -> Answer:
    """Sorted by family and revision. LAST_REGISTERED and `status` can be combined."""
    listed = {f"{each.family} {each.revision:09}": each for each in _matching(params, context)}
    order = descending if params.get("sort") == "DESC" else ascending
    keys, more = pager.page(order(sorted(listed)), params, context, page_size(params))
    return {"daemonTaskDefinitions": [_summary(listed[key]) for key in keys]} | more


def _matching(params: Params, context: CallContext) -> Iterator[TaskDefinition]:
    status = params.get("status", "ACTIVE")
    for family, revisions in state(context).daemon_families.items():
        wanted = revisions[-1:] if "revision" in params else revisions
        if params.get("family") in (None, family) and family.startswith(
            params.get("familyPrefix", "")
        ):
            yield from (each for each in wanted if status in ("ALL", each.status))


def _summary(definition: TaskDefinition) -> dict[str, Any]:
    return {
        "arn": definition.arn,
        "registeredAt": definition.registered_at,
        "deleteRequestedAt": definition.deregistered_at,
        "status": definition.status,
    }


def _definition_arn(params: Params, context: CallContext) -> str:
    name: str = params["daemonTaskDefinition"]
    is_arn = name.startswith("arn:")
    return name if is_arn else state(context).location.arn("ecs", f"daemon-task-definition/{name}")


@ecs.operation("DescribeDaemonTaskDefinition", resource=_definition_arn)
def describe_daemon_task_definition(params: Params, context: CallContext) -> Answer:
    """A family names its latest ACTIVE revision."""
    name = short_name(params["daemonTaskDefinition"])
    try:
        definition = state(context).daemon_families.find(name)
    except KeyError:
        raise AwsError("ClientException", "Daemon task definition not found.") from None
    return RenderedAnswer({"daemonTaskDefinition": _definition(definition)})


@cached_entry(ecs, "DaemonDetail")
def _detail(daemon: Daemon) -> dict[str, Any]:
    last = daemon.history[0]
    return {
        "daemonArn": daemon.arn,
        "clusterArn": daemon.cluster_arn,
        "status": "ACTIVE",
        "currentRevisions": [_current_revision(each) for each in last.current],
        "deploymentArn": last.arn,
        "createdAt": daemon.created_at,
        "updatedAt": last.created_at,
    }


def _current_revision(revision: DaemonRevision) -> dict[str, Any]:
    return {"arn": revision.arn, "capacityProviders": [], "totalRunningCount": 0}


@cached_entry(ecs, "DaemonDeployment")
def _deployment(deployment: DaemonDeployment) -> dict[str, Any]:
    rolled_back = deployment.outcome.startswith("ROLLBACK") and deployment.sources
    return {
        "daemonDeploymentArn": deployment.arn,
        "clusterArn": deployment.target.cluster_arn,
        "status": deployment.outcome,
        "targetDaemonRevision": {"arn": deployment.target.arn, "capacityProviders": []},
        "sourceDaemonRevisions": [
            {"arn": each.arn, "capacityProviders": []} for each in deployment.sources
        ],
        "rollback": {"rollbackTargetDaemonRevisionArn": deployment.sources[0].arn}
        if rolled_back
        else None,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
    }


@cached_entry(ecs, "DaemonRevision")
def _revision(revision: DaemonRevision) -> dict[str, Any]:
    return {
        "daemonRevisionArn": revision.arn,
        "clusterArn": revision.cluster_arn,
        "daemonArn": revision.daemon_arn,
        "daemonTaskDefinitionArn": revision.definition.arn,
        "createdAt": revision.created_at,
        "containerImages": [image_entry(each) for each in revision.images],
    }


@cached_entry(ecs, "DaemonTaskDefinition")
def _definition(definition: TaskDefinition) -> dict[str, Any]:
    return {
        "daemonTaskDefinitionArn": definition.arn,
        "family": definition.family,
        "revision": definition.revision,
        "containerDefinitions": [
            {"name": each.name, "image": each.image, "essential": True}
            for each in definition.containers
        ],
        "volumes": [],
        "cpu": "128",
        "memory": "256",
        "status": definition.status,
        "registeredAt": definition.registered_at,
        "deleteRequestedAt": definition.deregistered_at,
    }
