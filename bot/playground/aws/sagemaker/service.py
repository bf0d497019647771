"""Errors, lookup and lists of SageMaker resources."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError, find
from bot.playground.aws.paging import Pager, ascending, at_time, descending
from bot.playground.aws.sagemaker.state import AnyResource, SageMakerState
from bot.playground.aws.service import AwsService, Resource, any_resource, validation_error_as

_INVALID = "ValidationException"

sagemaker = AwsService(
    "sagemaker", validation_error=validation_error_as(_INVALID), resource=any_resource
)
_pager = Pager(
    "NextToken", "NextToken", "MaxResults", lambda: AwsError(_INVALID, "Invalid NextToken."), 10
)
"""Ten per page by default (model; not documented for ListModels)."""


def state(context: CallContext) -> SageMakerState:
    return context.world.sagemaker(context.account, context.region)


def arn_of(kind: str, member: str) -> Resource:
    """A function that returns the ARN of the resource in a call."""

    def resource(params: Params, context: CallContext) -> str:
        return _arn(kind, params[member], context)

    return resource


def _arn(kind: str, name: str, context: CallContext) -> str:
    return state(context).location.arn("sagemaker", f"{kind}/{name}")


def find_resource(
    resources: Mapping[str, AnyResource], kind: str, name: str, context: CallContext
) -> AnyResource:
    label = kind.replace("-", " ")
    message = f'Could not find {label} "{_arn(kind, name, context)}".'
    return find(resources, name, AwsError(_INVALID, message))


_SORTED_BY: dict[str, Callable[[Any], str]] = {
    "Name": lambda resource: str(resource.name),
    "CreationTime": lambda resource: at_time(resource.created_at, resource.name),
    "Status": lambda resource: f"{resource.status} {resource.name}",
}
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda resource, text: text in resource.name,
    "CreationTimeBefore": lambda resource, moment: resource.created_at.timestamp() < moment,
    "CreationTimeAfter": lambda resource, moment: resource.created_at.timestamp() > moment,
    "LastModifiedTimeBefore": lambda resource, moment: resource.created_at.timestamp() < moment,
    "LastModifiedTimeAfter": lambda resource, moment: resource.created_at.timestamp() > moment,
    "StatusEquals": lambda resource, status: resource.status == status,
    "EndpointNameEquals": lambda resource, name: resource.endpoint == name,
    "VariantNameEquals": lambda resource, name: resource.variant == name,
}


def list_page(
    resources: Mapping[str, AnyResource], params: Params, context: CallContext
) -> tuple[list[AnyResource], dict[str, str]]:
    """One page of resources, newest first by default (model)."""
    key = _SORTED_BY[params.get("SortBy", "CreationTime")]
    wanted = [(_FILTERS[name], params[name]) for name in params.keys() & _FILTERS.keys()]
    listed = {
        key(resource): resource
        for resource in resources.values()
        if all(matches(resource, value) for matches, value in wanted)
    }
    order = ascending if params.get("SortOrder") == "Ascending" else descending
    keys, more = _pager.page(order(sorted(listed)), params, context)
    return [listed[key] for key in keys], more
