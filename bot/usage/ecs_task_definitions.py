"""Task definitions: what names them, and the images that they name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from bot.aws.place import Answer, AwsPlace, absence
from bot.core.usage import Sighting
from bot.parallel import in_parallel
from bot.usage.ecs_describing import PAGE, short_name

_IS_GONE = absence("ClientException", saying="Unable to describe task definition")
"""What ECS answers for a revision that was deleted and for a family without ACTIVE ones: neither
can start a task. The code alone may also mean that it is not allowed (API reference)."""


class DefinitionUse(NamedTuple):
    """A workload names a task definition: `family`, `family:revision` or an ARN. Without a
    revision it is the newest ACTIVE one (API reference, RunTask, taskDefinition)."""

    definition: str
    used_by: str


def newest_definitions(place: AwsPlace, revisions: int) -> Iterator[DefinitionUse]:
    """The newest ACTIVE revisions of every family: what somebody would start by hand, or from a
    place that nobody can see."""
    families = place.pages(
        "ecs", "list_task_definition_families", "families", status="ACTIVE", maxResults=PAGE
    )
    if revisions == 1:
        for family in families:
            yield DefinitionUse(family, f"ECS task definition {family} (newest revision)")
        return

    def newest_of(family: str) -> list[str]:
        return list(islice(_revisions(place, family, revisions), revisions))

    for arns in in_parallel(newest_of, families):
        for arn in arns:
            used_by = f"ECS task definition {short_name(arn)} (of the newest {revisions})"
            yield DefinitionUse(arn, used_by)


def _revisions(place: AwsPlace, family: str, wanted: int) -> Iterator[str]:
    """ACTIVE ones, newest first, a page at a time."""
    arns = place.pages(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        familyPrefix=family,
        status="ACTIVE",
        sort="DESC",
        maxResults=min(wanted, PAGE),
    )
    return (arn for arn in arns if short_name(arn).rpartition(":")[0] == family)


def definition_sightings(place: AwsPlace, uses: Iterable[DefinitionUse]) -> Iterator[Sighting]:
    """Describes each definition once, however many name it and in whatever way. Families come
    first, since only the answer tells which revision that was."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        if name := _name_here(place, use.definition):
            users[name].add(use.used_by)
    for family, definition in _described(place, [name for name in users if ":" not in name]):
        revision = f"{family}:{definition['revision']}"
        yield from sightings_in(definition, users.pop(family) | users.pop(revision, set()))
    for name, definition in _described(place, [name for name in users if ":" in name]):
        yield from sightings_in(definition, users[name])


def _name_here(place: AwsPlace, definition: str) -> str | None:
    """`family` or `family:revision`; None if it belongs to another place, which looks itself."""
    match definition.split(":", maxsplit=5):
        case ["arn", _, "ecs", region, account, resource]:
            here = (account, region) == (place.account, place.region)
            return resource.removeprefix("task-definition/") if here else None
        case _:
            return definition


def _described(place: AwsPlace, names: list[str]) -> Iterator[tuple[str, Answer]]:
    def describe(name: str) -> Answer | None:
        found = place.find("ecs", "describe_task_definition", _IS_GONE, taskDefinition=name)
        return found and found["taskDefinition"]

    for name, definition in zip(names, in_parallel(describe, names), strict=True):
        if definition is not None:
            yield name, definition


def sightings_in(definition: Answer, users: Iterable[str]) -> Iterator[Sighting]:
    """The image of every container, for each of the users."""
    for container in definition["containerDefinitions"]:
        for used_by in sorted(users):
            yield Sighting(container["image"], used_by)
