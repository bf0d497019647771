"""ListScheduleGroups, ListSchedules and GetSchedule: at most 100 per page (model)."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.paging import ascending
from bot.playground.aws.scheduler.service import (
    all_resources,
    group_named,
    pager,
    schedule_of,
    scheduler,
    state,
)
from bot.playground.aws.scheduler.state import Schedule, ScheduleGroup
from bot.playground.aws.service import Answer, RenderedAnswer


@scheduler.operation("ListScheduleGroups", resource=all_resources("schedule-group/*"))
def list_schedule_groups(params: Params, context: CallContext) -> Answer:
    groups = state(context).groups
    listed = sorted(name for name in groups if name.startswith(params.get("NamePrefix", "")))
    names, more = pager.page(ascending(listed), params, context)
    return RenderedAnswer({"ScheduleGroups": [_group(groups[name]) for name in names]} | more)


@cached_entry(scheduler, "ScheduleGroupSummary")
def _group(group: ScheduleGroup) -> dict[str, Any]:
    return {
        "Arn": group.arn,
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": group.created_at,
        "LastModificationDate": group.created_at,
    }


@scheduler.operation("ListSchedules", resource=all_resources("schedule/*/*"))
def list_schedules(params: Params, context: CallContext) -> Answer:
    """The schedules of all groups or of one. Targets have only their ARNs (model)."""
    groups = (
        [group_named(params["GroupName"], context)]
        if "GroupName" in params
        else state(context).groups.values()
    )
    listed = {
        f"{each.group}/{each.name}": each
        for group in groups
        for each in group.schedules.values()
        if each.name.startswith(params.get("NamePrefix", ""))
        and params.get("State") in (None, each.state)
    }
    keys, more = pager.page(ascending(sorted(listed)), params, context)
    return RenderedAnswer({"Schedules": [_summary(listed[key]) for key in keys]} | more)


@cached_entry(scheduler, "ScheduleSummary")
def _summary(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.state,
        "CreationDate": schedule.created_at,
        "LastModificationDate": schedule.created_at,
        "Target": {"Arn": schedule.target["Arn"]},
    }


@scheduler.operation("GetSchedule")
def get_schedule(params: Params, context: CallContext) -> Answer:
    schedule = schedule_of(params, context)
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.state,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": "UTC",
        "CreationDate": schedule.created_at,
        "LastModificationDate": schedule.created_at,
        "Target": schedule.target,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "NONE",
    }
