"""What all of SageMaker's operations share: its errors, and finding and listing things."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.errors import AwsError, found
from bot.playground.aws.paging import Pager, ascending, at_time, descending
from bot.playground.aws.sagemaker.state import AnyThing, SageMaker
from bot.playground.aws.service import Resource, Service, anything, refusing_as

_INVALID = "ValidationException"

sagemaker = Service("sagemaker", refusal=refusing_as(_INVALID), resource=anything)
_pager = Pager(
    "NextToken", "NextToken", "MaxResults", lambda: AwsError(_INVALID, "Invalid NextToken."), 10
)
"""Ten a page unless asked (model; of models it does not tell)."""


def state(context: Context) -> SageMaker:
    return context.world.sagemaker(context.account, context.region)


def the(kind: str, member: str) -> Resource:
    """The ARN of the thing that a call names."""

    def resource(params: Params, context: Context) -> str:
        return _arn(kind, params[member], context)

    return resource


def _arn(kind: str, name: str, context: Context) -> str:
    return state(context).place.arn("sagemaker", f"{kind}/{name}")


def thing_named(things: Mapping[str, AnyThing], kind: str, name: str, context: Context) -> AnyThing:
    words = kind.replace("-", " ")
    message = f'Could not find {words} "{_arn(kind, name, context)}".'
    return found(things, name, AwsError(_INVALID, message))


_SORTED_BY: dict[str, Callable[[Any], str]] = {
    "Name": lambda thing: str(thing.name),
    "CreationTime": lambda thing: at_time(thing.created_at, thing.name),
    "Status": lambda thing: f"{thing.status} {thing.name}",
}
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda thing, text: text in thing.name,
    "CreationTimeBefore": lambda thing, moment: thing.created_at.timestamp() < moment,
    "CreationTimeAfter": lambda thing, moment: thing.created_at.timestamp() > moment,
    "LastModifiedTimeBefore": lambda thing, moment: thing.created_at.timestamp() < moment,
    "LastModifiedTimeAfter": lambda thing, moment: thing.created_at.timestamp() > moment,
    "StatusEquals": lambda thing, status: thing.status == status,
    "EndpointNameEquals": lambda thing, name: thing.endpoint == name,
    "VariantNameEquals": lambda thing, name: thing.variant == name,
}


def page_of(
    things: Mapping[str, AnyThing], params: Params, context: Context
) -> tuple[list[AnyThing], dict[str, str]]:
    """The newest first unless asked otherwise (model)."""
    key = _SORTED_BY[params.get("SortBy", "CreationTime")]
    wanted = [(_FILTERS[name], params[name]) for name in params.keys() & _FILTERS.keys()]
    listed = {
        key(thing): thing
        for thing in things.values()
        if all(fits(thing, value) for fits, value in wanted)
    }
    order = ascending if params.get("SortOrder") == "Ascending" else descending
    keys, more = _pager.page(order(sorted(listed)), params, context)
    return [listed[key] for key in keys], more
