"""What all of ECS's operations share: its errors, names and ARNs, and the size of pages."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from bot.playground.aws.call_context import CallContext, Params, partition_of
from bot.playground.aws.ecs.entities import EcsCluster, EcsService
from bot.playground.aws.ecs.state import EcsState
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource
from bot.playground.aws.validation import ModelViolation

_LARGEST_PAGE = 100


def _refusal(found: ModelViolation) -> AwsError:
    if found.wrong_type:
        return AwsError("SerializationException", f"{found.path}: {found.constraint}")
    return _invalid(f"{found.path}: {found.constraint}")


ecs = AwsService("ecs", refusal=_refusal, resource=any_resource)
"""Most reading actions know no resources (service authorization reference, field)."""


def invalid(message: str) -> NoReturn:
    raise _invalid(message)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


pager = Pager("nextToken", "nextToken", "maxResults", lambda: _invalid("Invalid token."))


def page_size(params: Params, *, default: int = _LARGEST_PAGE) -> int:
    """The documentation allows 1 to 100; botocore's model has no limits."""
    size = int(params.get("maxResults", default))
    if not 1 <= size <= _LARGEST_PAGE:
        invalid(f"maxResults must be between 1 and {_LARGEST_PAGE}.")
    return size


def check_list_length(things: Sequence[str], most: int, what: str, listed_as: str) -> None:
    """Refuses no names at all, and too many, in the words that users met."""
    if not things:
        invalid(f"{what} cannot be empty.")
    if len(things) > most:
        invalid(f"{listed_as} can have at most {most} items.")


def state(context: CallContext) -> EcsState:
    return context.world.ecs(context.account, context.region)


def cluster_of(params: Params, context: CallContext) -> EcsCluster:
    """The cluster of a name or ARN, or the one that is called `default`."""
    cluster = state(context).clusters.get(short_name(params.get("cluster", "default")))
    if cluster is None or params.get("cluster", cluster.arn) not in (cluster.arn, cluster.name):
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def service_named(cluster: EcsCluster, identifier: str) -> EcsService:
    service = cluster.services.get(name_within(cluster, identifier))
    if service is None or service.status == "INACTIVE":
        raise AwsError("ServiceNotFoundException", "Service not found.")
    return service


def short_name(identifier: str) -> str:
    """What is left of an ARN, or of a name."""
    return identifier.rsplit("/", 1)[-1]


def name_within(cluster: EcsCluster, identifier: str) -> str:
    """The name or id of something in this cluster; an ARN of another cluster's is refused.

    Old ARNs do not tell the cluster.
    """
    parts = identifier.split("/")
    if len(parts) == 3 and parts[1] != cluster.name:
        invalid(f"Invalid identifier: Identifier is for {parts[1]}. Your cluster is {cluster.name}")
    return parts[-1]


def arn_within(kind: str, params: Params, context: CallContext, identifier: str) -> str:
    """The ARN of a service or task that a call names in any way."""
    if identifier.startswith("arn:"):
        return identifier
    cluster = short_name(params.get("cluster", "default"))
    partition = partition_of(context.region)
    return (
        f"arn:{partition}:ecs:{context.region}:{context.account}:{kind}/{cluster}"
        f"/{short_name(identifier)}"
    )


def each_of(kind: str, member: str) -> Callable[[Params, CallContext], list[str]]:
    """The resources of a call that names services or tasks of a cluster in a list."""

    def resources(params: Params, context: CallContext) -> list[str]:
        return [arn_within(kind, params, context, each) for each in params[member]]

    return resources


def missing(arns: Iterable[str]) -> list[dict[str, Any]]:
    """The entries of `failures[]` for what is not there."""
    return [{"arn": arn, "reason": "MISSING"} for arn in arns]
