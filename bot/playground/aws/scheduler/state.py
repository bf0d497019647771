"""The schedules of an account and Region."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack

import orjson

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.entry_cache import CachedEntity
from bot.playground.aws.option_checks import reject_unknown_options

RUN_TASK = "arn:aws:scheduler:::aws-sdk:ecs:runTask"
"""The universal target for ECS RunTask. The schedule has its input."""


@dataclass(frozen=True, eq=False)
class Schedule(CachedEntity):
    """A schedule. `target` has the API's format."""

    name: str
    group: str
    arn: str
    state: str
    expression: str
    created_at: datetime
    target: dict[str, Any]


@dataclass(eq=False)
class ScheduleGroup(CachedEntity):
    name: str
    arn: str
    created_at: datetime
    schedules: dict[str, Schedule] = field(default_factory=dict)


class ScheduleOptions(TypedDict, total=False):
    group: str
    state: str
    expression: str


class SchedulerState:
    """Groups, created on first use. `default` always exists."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.groups: dict[str, ScheduleGroup] = {}
        self.group("default")

    @locked
    def group(self, name: str) -> ScheduleGroup:
        """The group, created if missing."""
        if name not in self.groups:
            arn = self.location.arn("scheduler", f"schedule-group/{name}")
            self.groups[name] = ScheduleGroup(name, arn, self.location.now)
        return self.groups[name]

    @locked
    def create(
        self, name: str, target: dict[str, Any], **options: Unpack[ScheduleOptions]
    ) -> Schedule:
        """Creates a schedule with any target in the API's format. Adds a role."""
        reject_unknown_options(options, ScheduleOptions)
        group = self.group(options.get("group", "default"))
        schedule = Schedule(
            name=name,
            group=group.name,
            arn=self.location.arn("scheduler", f"schedule/{group.name}/{name}"),
            state=options.get("state", "ENABLED"),
            expression=options.get("expression", "rate(1 day)"),
            created_at=self.location.now,
            target={"RoleArn": self.location.role_arn("scheduler"), **target},
        )
        group.schedules[name] = schedule
        return schedule

    @locked
    def run_task(
        self,
        name: str,
        task_definition: str,
        *,
        cluster: str = "default",
        universal: bool = False,
        **options: Unpack[ScheduleOptions],
    ) -> Schedule:
        """Creates a schedule that runs a task. With `universal`, it is an API call with input.

        `task_definition` is a family, an exact revision `family:revision`, or an ARN.
        """
        if universal:
            call = {"Cluster": cluster, "TaskDefinition": task_definition}
            return self.create(
                name, {"Arn": RUN_TASK, "Input": orjson.dumps(call).decode()}, **options
            )
        target = {
            "Arn": self.location.arn("ecs", f"cluster/{cluster}"),
            "EcsParameters": {
                "TaskDefinitionArn": self.location.task_definition_arn(task_definition),
                "TaskCount": 1,
                "LaunchType": "FARGATE",
            },
        }
        return self.create(name, target, **options)
