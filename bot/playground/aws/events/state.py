"""The EventBridge buses, rules and targets of an account and Region."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.entry_cache import CachedEntity
from bot.playground.aws.option_checks import reject_unknown_options


@dataclass(frozen=True, eq=False)
class RuleTarget(CachedEntity):
    """A target. `content` has the API's format."""

    id: str
    content: dict[str, Any]


@dataclass(frozen=True, eq=False)
class EventRule(CachedEntity):
    name: str
    arn: str
    bus: str
    state: str
    schedule: str | None
    pattern: str | None
    targets: dict[str, RuleTarget] = field(default_factory=dict)


@dataclass(eq=False)
class EventBus(CachedEntity):
    name: str
    arn: str
    created_at: datetime
    rules: dict[str, EventRule] = field(default_factory=dict)


class EventRuleOptions(TypedDict, total=False):
    """A rule has a schedule or a pattern. By default it runs daily."""

    bus: str
    state: str
    schedule: str
    pattern: str


class EventBridgeState:
    """Buses, created on first use. `default` always exists."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.buses: dict[str, EventBus] = {}
        self.bus("default")

    @locked
    def bus(self, name: str) -> EventBus:
        """The bus, created if missing."""
        if name not in self.buses:
            arn = self.location.arn("events", f"event-bus/{name}")
            self.buses[name] = EventBus(name, arn, self.location.now)
        return self.buses[name]

    @locked
    def put_rule(self, name: str, **options: Unpack[EventRuleOptions]) -> EventRule:
        reject_unknown_options(options, EventRuleOptions)
        bus = self.bus(options.get("bus", "default"))
        pattern = options.get("pattern")
        path = name if bus.name == "default" else f"{bus.name}/{name}"
        rule = EventRule(
            name=name,
            arn=self.location.arn("events", f"rule/{path}"),
            bus=bus.name,
            state=options.get("state", "ENABLED"),
            schedule=None if pattern else options.get("schedule", "rate(1 day)"),
            pattern=pattern,
        )
        bus.rules[name] = rule
        return rule

    @locked
    def put_target(self, rule: EventRule, content: dict[str, Any]) -> RuleTarget:
        """Adds a target in the API's format, with `Id` and `Arn`."""
        target = RuleTarget(content["Id"], content)
        rule.targets[target.id] = target
        return target

    @locked
    def run_task(
        self,
        name: str,
        task_definition: str,
        *,
        cluster: str = "default",
        **options: Unpack[EventRuleOptions],
    ) -> EventRule:
        """Creates a rule that runs a task.

        `task_definition` is a family, an exact revision `family:revision`, or an ARN.
        """
        rule = self.put_rule(name, **options)
        target = {
            "Id": f"{name}-task",
            "Arn": self.location.arn("ecs", f"cluster/{cluster}"),
            "RoleArn": self.location.role_arn("ecsEventsRole"),
            "EcsParameters": {
                "TaskDefinitionArn": self.location.task_definition_arn(task_definition),
                "TaskCount": 1,
                "LaunchType": "FARGATE",
            },
        }
        self.put_target(rule, target)
        return rule
