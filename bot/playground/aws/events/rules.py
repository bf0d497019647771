"""ListEventBuses, ListRules and ListTargetsByRule: at most 100 per page (model)."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.events.service import (
    bus_of,
    events,
    pager,
    rule_arn,
    rule_of,
    state,
)
from bot.playground.aws.events.state import EventBus, EventRule, RuleTarget
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, RenderedAnswer


@events.operation("ListEventBuses")
def list_event_buses(params: Params, context: CallContext) -> Answer:
    buses = state(context).buses
    listed = sorted(name for name in buses if name.startswith(params.get("NamePrefix", "")))
    names, more = pager.page(ascending(listed), params, context)
    return RenderedAnswer({"EventBuses": [_bus(buses[name]) for name in names]} | more)


@cached_entry(events, "EventBus")
def _bus(bus: EventBus) -> dict[str, Any]:
    return {
        "Name": bus.name,
        "Arn": bus.arn,
        "CreationTime": bus.created_at,
        "LastModifiedTime": bus.created_at,
    }


@events.operation("ListRules")
def list_rules(params: Params, context: CallContext) -> Answer:
    """The rules of one bus, by default `default`, without targets (model)."""
    rules = bus_of(params, context).rules
    listed = sorted(name for name in rules if name.startswith(params.get("NamePrefix", "")))
    names, more = pager.page(ascending(listed), params, context)
    return RenderedAnswer({"Rules": [_rule(rules[name]) for name in names]} | more)


@cached_entry(events, "Rule")
def _rule(rule: EventRule) -> dict[str, Any]:
    return {
        "Name": rule.name,
        "Arn": rule.arn,
        "State": rule.state,
        "ScheduleExpression": rule.schedule,
        "EventPattern": rule.pattern,
        "EventBusName": rule.bus,
    }


@events.operation("ListTargetsByRule", resource=rule_arn)
def list_targets_by_rule(params: Params, context: CallContext) -> Answer:
    targets = rule_of(params, context).targets
    ids, more = pager.page(ascending(sorted(targets)), params, context)
    return RenderedAnswer({"Targets": [_target(targets[id_]) for id_ in ids]} | more)


@cached_entry(events, "Target")
def _target(target: RuleTarget) -> dict[str, Any]:
    return target.content
