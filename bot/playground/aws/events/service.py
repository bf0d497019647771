"""Errors, paging, and lookup of buses and rules of EventBridge."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.events.state import EventBridgeState, EventBus, EventRule
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource, validation_error_as

events = AwsService(
    "events", validation_error=validation_error_as("ValidationException"), resource=any_resource
)
pager = Pager(
    "NextToken", "NextToken", "Limit", lambda: AwsError("InvalidToken", "The token is not valid")
)


def state(context: CallContext) -> EventBridgeState:
    return context.world.events(context.account, context.region)


def rule_arn(params: Params, context: CallContext) -> str:
    """The ARN of the rule in a call. The default bus is not part of it."""
    bus = bus_name(params)
    path = params["Rule"] if bus == "default" else f"{bus}/{params['Rule']}"
    return state(context).location.arn("events", f"rule/{path}")


def bus_name(params: Params) -> str:
    """The bus name, from a name or ARN."""
    return str(params.get("EventBusName", "default").rpartition(":event-bus/")[2])


def bus_of(params: Params, context: CallContext) -> EventBus:
    bus = state(context).buses.get(bus_name(params))
    if bus is None:
        raise AwsError("ResourceNotFoundException", f"Event bus {bus_name(params)} does not exist.")
    return bus


def rule_of(params: Params, context: CallContext) -> EventRule:
    bus = bus_of(params, context)
    rule = bus.rules.get(params["Rule"])
    if rule is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Rule {params['Rule']} does not exist on EventBus {bus.name}.",
        )
    return rule
