"""Task definitions that EventBridge rules and schedules run."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.parallel import in_parallel
from bot.usage.ecs_definitions import TaskDefinitionUse

_SCHEDULES_A_PAGE = 100
"""Largest page of EventBridge Scheduler: API reference, ListSchedules, MaxResults."""

_NOT_FOUND = error_with("ResourceNotFoundException")

_RULES_A_PAGE = 100
"""Largest page of EventBridge: API reference, Limit."""


class _ScheduleName(NamedTuple):
    group: str
    name: str

    def __str__(self) -> str:
        return self.name if self.group == "default" else f"{self.group}/{self.name}"


def schedule_findings(aws: AwsApi) -> Iterator[TaskDefinitionUse]:
    """Reads schedules of all groups, enabled or not. The list does not contain the input of
    targets, so each schedule with an ECS target is read individually."""

    def uses_of(schedule: _ScheduleName) -> list[TaskDefinitionUse]:
        answer = aws.find(
            "scheduler", "get_schedule", _NOT_FOUND, GroupName=schedule.group, Name=schedule.name
        )
        if answer is None:
            return []
        used_by = f"schedule {schedule}"
        return [
            TaskDefinitionUse(name, used_by) for name in _definitions(answer["Target"], schedule)
        ]

    listed = aws.pages("scheduler", "list_schedules", "Schedules", MaxResults=_SCHEDULES_A_PAGE)
    ours = (
        _ScheduleName(entry["GroupName"], entry["Name"])
        for entry in listed
        if _is_cluster(arn := entry["Target"]["Arn"]) or _is_call_of_ecs(arn)
    )
    for uses in in_parallel(uses_of, ours):
        yield from uses


def _is_cluster(arn: str) -> bool:
    """Whether this is a templated RunTask target: `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`."""
    return arn.split(":")[2:3] == ["ecs"]


def _is_call_of_ecs(arn: str) -> bool:
    """Whether this is a universal target that calls ECS (runTask, startTask, updateService, …):
    `arn:aws:scheduler:::aws-sdk:SERVICE:ACTION` (Scheduler user guide, universal targets)."""
    return ":::aws-sdk:ecs:" in arn.lower()


def _definitions(target: AwsAnswer, schedule: _ScheduleName) -> Iterator[str]:
    if _is_cluster(target["Arn"]):
        yield target["EcsParameters"]["TaskDefinitionArn"]
    elif _is_call_of_ecs(target["Arn"]):
        yield from _task_definitions_in_input(target, schedule)


def _task_definitions_in_input(target: AwsAnswer, schedule: _ScheduleName) -> list[str]:
    """The task definition in the target's Input, which is the JSON of the ECS request. Scheduler
    writes the key as `TaskDefinition`, ECS as `taskDefinition`."""
    try:
        request = json.loads(target.get("Input") or "{}")
        return [
            str(name) for key, name in request.items() if key.lower() == "taskdefinition" and name
        ]
    except (ValueError, AttributeError) as error:
        raise target.unusable(
            f"returned schedule {schedule}, whose Input is not a JSON object: fix it, or delete it"
        ) from error


class _RuleName(NamedTuple):
    bus: str
    name: str

    def __str__(self) -> str:
        return self.name if self.bus == "default" else f"{self.bus}/{self.name}"


def rule_findings(aws: AwsApi) -> Iterator[TaskDefinitionUse]:
    """Reads targets with EcsParameters on all event buses. Includes disabled rules, since they can
    be enabled again."""

    def rules_of(bus: str) -> list[_RuleName]:
        rules = aws.pages(
            "events", "list_rules", "Rules", _NOT_FOUND, EventBusName=bus, Limit=_RULES_A_PAGE
        )
        return [_RuleName(bus, rule["Name"]) for rule in rules]

    def uses_of(rule: _RuleName) -> list[TaskDefinitionUse]:
        targets = aws.pages(
            "events",
            "list_targets_by_rule",
            "Targets",
            _NOT_FOUND,
            EventBusName=rule.bus,
            Rule=rule.name,
            Limit=_RULES_A_PAGE,
        )
        return [
            TaskDefinitionUse(parameters["TaskDefinitionArn"], f"EventBridge rule {rule}")
            for target in targets
            if (parameters := target.get("EcsParameters"))
        ]

    buses = aws.pages("events", "list_event_buses", "EventBuses", Limit=_RULES_A_PAGE)
    rules = (
        rule for some in in_parallel(rules_of, (bus["Name"] for bus in buses)) for rule in some
    )
    for uses in in_parallel(uses_of, rules):
        yield from uses
