"""Errors, names, ARNs and paging of ECS."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from bot.playground.aws.call_context import CallContext, Params, partition_of
from bot.playground.aws.ecs.entities import EcsCluster, EcsService
from bot.playground.aws.ecs.state import EcsState
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource
from bot.playground.aws.validation import ModelViolation

_MAX_PAGE_SIZE = 100


def _validation_error(found: ModelViolation) -> AwsError:
    if found.wrong_type:
        return AwsError("SerializationException", f"{found.path}: {found.constraint}")
    return _invalid(f"{found.path}: {found.constraint}")


ecs = AwsService("ecs", validation_error=_validation_error, resource=any_resource)
"""Most read actions have no resource-level permissions (service authorization reference)."""


def invalid(message: str) -> NoReturn:
    raise _invalid(message)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


pager = Pager("nextToken", "nextToken", "maxResults", lambda: _invalid("Invalid token."))


def page_size(params: Params, *, default: int = _MAX_PAGE_SIZE) -> int:
    """The page size, 1 to 100 as documented. botocore's model has no limits."""
    size = int(params.get("maxResults", default))
    if not 1 <= size <= _MAX_PAGE_SIZE:
        invalid(f"maxResults must be between 1 and {_MAX_PAGE_SIZE}.")
    return size


def check_list_length(items: Sequence[str], most: int, what: str, listed_as: str) -> None:
    """Raises AwsError for an empty or too long list, with texts that users reported."""
    if not items:
        invalid(f"{what} cannot be empty.")
    if len(items) > most:
        invalid(f"{listed_as} can have at most {most} items.")


def state(context: CallContext) -> EcsState:
    return context.world.ecs(context.account, context.region)


def cluster_of(params: Params, context: CallContext) -> EcsCluster:
    """The cluster with this name or ARN, by default `default`."""
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
    """The last part of an ARN, or the name."""
    return identifier.rsplit("/", 1)[-1]


def name_within(cluster: EcsCluster, identifier: str) -> str:
    """The name or ID in an identifier. Rejects ARNs of other clusters.

    Old ARNs do not contain the cluster.
    """
    parts = identifier.split("/")
    if len(parts) == 3 and parts[1] != cluster.name:
        invalid(f"Invalid identifier: Identifier is for {parts[1]}. Your cluster is {cluster.name}")
    return parts[-1]


def arn_within(kind: str, params: Params, context: CallContext, identifier: str) -> str:
    """The ARN of a service or task, from a name, ID or ARN."""
    if identifier.startswith("arn:"):
        return identifier
    cluster = short_name(params.get("cluster", "default"))
    partition = partition_of(context.region)
    return (
        f"arn:{partition}:ecs:{context.region}:{context.account}:{kind}/{cluster}"
        f"/{short_name(identifier)}"
    )


def each_of(kind: str, member: str) -> Callable[[Params, CallContext], list[str]]:
    """The resources of a call with a list of services or tasks."""

    def resources(params: Params, context: CallContext) -> list[str]:
        return [arn_within(kind, params, context, each) for each in params[member]]

    return resources


def missing(arns: Iterable[str]) -> list[dict[str, Any]]:
    """The entries of `failures[]` for unknown ARNs."""
    return [{"arn": arn, "reason": "MISSING"} for arn in arns]
