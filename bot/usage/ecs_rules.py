"""Task definitions that EventBridge rules run."""

from collections.abc import Iterator
from typing import NamedTuple

from bot.aws.place import AwsPlace, absence
from bot.parallel import in_parallel
from bot.usage.ecs_task_definitions import DefinitionUse

_PAGE = 100
"""The most that EventBridge lists at once: API reference, Limit."""

_IS_GONE = absence("ResourceNotFoundException")


class _Rule(NamedTuple):
    bus: str
    name: str

    def __str__(self) -> str:
        return self.name if self.bus == "default" else f"{self.bus}/{self.name}"


def rule_findings(place: AwsPlace) -> Iterator[DefinitionUse]:
    """Targets with EcsParameters, on every bus. A rule that is disabled can be enabled again."""

    def rules_of(bus: str) -> list[_Rule]:
        rules = place.pages(
            "events", "list_rules", "Rules", _IS_GONE, EventBusName=bus, Limit=_PAGE
        )
        return [_Rule(bus, rule["Name"]) for rule in rules]

    def uses_of(rule: _Rule) -> list[DefinitionUse]:
        targets = place.pages(
            "events",
            "list_targets_by_rule",
            "Targets",
            _IS_GONE,
            EventBusName=rule.bus,
            Rule=rule.name,
            Limit=_PAGE,
        )
        return [
            DefinitionUse(parameters["TaskDefinitionArn"], f"EventBridge rule {rule}")
            for target in targets
            if (parameters := target.get("EcsParameters"))
        ]

    buses = place.pages("events", "list_event_buses", "EventBuses", Limit=_PAGE)
    rules = (
        rule for some in in_parallel(rules_of, (bus["Name"] for bus in buses)) for rule in some
    )
    for uses in in_parallel(uses_of, rules):
        yield from uses
