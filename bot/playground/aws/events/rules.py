"""ListEventBuses, ListRules and ListTargetsByRule: at most 100 a page (model)."""

from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.entries import entries
from bot.playground.aws.events.service import (
    bus_of,
    events,
    pager,
    rule_of,
    state,
    the_rule,
)
from bot.playground.aws.events.state import Bus, Rule, Target
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, Prepared


@events.operation("ListEventBuses")
def list_event_buses(params: Params, context: Context) -> Answer:
    buses = state(context).buses
    listed = sorted(name for name in buses if name.startswith(params.get("NamePrefix", "")))
    names, more = pager.page(ascending(listed), params, context)
    return Prepared({"EventBuses": [_bus(buses[name]) for name in names]} | more)


@entries(events, "EventBus")
def _bus(bus: Bus) -> dict[str, Any]:
    return {
        "Name": bus.name,
        "Arn": bus.arn,
        "CreationTime": bus.created_at,
        "LastModifiedTime": bus.created_at,
    }


@events.operation("ListRules")
def list_rules(params: Params, context: Context) -> Answer:
    """The rules of one bus, `default` unless told otherwise; not their targets (model)."""
    rules = bus_of(params, context).rules
    listed = sorted(name for name in rules if name.startswith(params.get("NamePrefix", "")))
    names, more = pager.page(ascending(listed), params, context)
    return Prepared({"Rules": [_rule(rules[name]) for name in names]} | more)


@entries(events, "Rule")
def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "Name": rule.name,
        "Arn": rule.arn,
        "State": rule.state,
        "ScheduleExpression": rule.schedule,
        "EventPattern": rule.pattern,
        "EventBusName": rule.bus,
    }


@events.operation("ListTargetsByRule", resource=the_rule)
def list_targets_by_rule(params: Params, context: Context) -> Answer:
    targets = rule_of(params, context).targets
    ids, more = pager.page(ascending(sorted(targets)), params, context)
    return Prepared({"Targets": [_target(targets[id_]) for id_ in ids]} | more)


@entries(events, "Target")
def _target(target: Target) -> dict[str, Any]:
    return target.content
