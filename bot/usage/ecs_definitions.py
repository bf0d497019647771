"""Task definitions: what names them, and the images that they name."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from bot.aws.places import Answer, AwsPlace, absence
from bot.core.usage import Sighting, TagRunner, Unresolved
from bot.outgoing import quoted
from bot.parallel import in_parallel

PAGE = 100
"""The most that ECS's List… calls give at once: API reference, maxResults. ListServices gives 10
unless told otherwise."""

CLUSTER_IS_GONE = absence("ClusterNotFoundException")

_GONE = frozenset({"MISSING", "INACTIVE"})
"""Reasons of a failure (API reference, Failure, and `API failure reasons` in the guide) that mean:
what was just listed is no more."""

_IS_GONE = absence("ClientException", saying="Unable to describe task definition")
"""What ECS answers for a revision that was deleted and for a family without ACTIVE ones: neither
can start a task. The code alone may also mean that it is not allowed (API reference)."""


@dataclass(frozen=True, slots=True)
class Describing:
    """One Describe… call: `asked` for by ARNs, `told` in the answer, `at_once` is its limit."""

    operation: str
    asked: str
    told: str
    at_once: int


def describe_all(place: AwsPlace, what: Describing, arns: Sequence[str]) -> Iterator[Answer]:
    """Things of any cluster."""

    def describe(some: Sequence[str]) -> list[Answer]:
        answer = place.call("ecs", what.operation, **{what.asked: some})
        return _entries(answer, what, len(some))

    for entries in in_parallel(describe, _batches(arns, what)):
        yield from entries


def describe_in_clusters(
    place: AwsPlace,
    what: Describing,
    clusters: Sequence[str],
    listed: Callable[[str], Sequence[str]],
) -> Iterator[Answer]:
    """What `listed` finds in each cluster, described while others are still being listed."""

    def describe(batch: tuple[str, Sequence[str]]) -> list[Answer]:
        cluster, some = batch
        answer = place.find(
            "ecs", what.operation, CLUSTER_IS_GONE, cluster=cluster, **{what.asked: some}
        )
        return _entries(answer, what, len(some)) if answer else []

    listings = zip(clusters, in_parallel(listed, clusters), strict=True)
    batches = ((cluster, batch) for cluster, arns in listings for batch in _batches(arns, what))
    for entries in in_parallel(describe, batches):
        yield from entries


def list_in_cluster(
    place: AwsPlace, operation: str, key: str, cluster: str, **filters: str
) -> Iterator[str]:
    """ARNs; none if the cluster was deleted since it was listed: it had to be empty for that."""
    return place.pages(
        "ecs", operation, key, CLUSTER_IS_GONE, cluster=cluster, maxResults=PAGE, **filters
    )


def short_name(arn: str) -> str:
    """What ECS's ARNs end in: the name of a cluster, `family:revision` of a task definition."""
    return arn.rpartition("/")[2]


def _entries(answer: Answer, what: Describing, asked: int) -> list[Answer]:
    """What was deleted since it was listed is left out; whatever else is, is an error."""
    entries: list[Answer] = answer[what.told]
    failures = answer.get("failures") or []
    for failure in failures:
        if failure["reason"] not in _GONE:
            raise answer.unusable(
                f"failed for {failure.get('arn')} with {quoted(failure['reason'])} "
                f"({failure.get('detail') or 'no details given'}): try again later"
            )
    if len(entries) + len(failures) < asked:
        raise answer.unusable(
            f"told of {len(entries)} {what.told} where {asked} were asked for: try again later"
        )
    return entries


def _batches(arns: Sequence[str], what: Describing) -> Iterator[Sequence[str]]:
    return (arns[at : at + what.at_once] for at in range(0, len(arns), what.at_once))


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


def container_sightings(
    container: Answer, used_by: str, since: datetime | None = None
) -> Iterator[Sighting]:
    """One, or none for a container that ECS adds itself and that names no image, as Service
    Connect's (field). `since`: when it was started, if it runs."""
    image, digest = container.get("image"), container.get("imageDigest")
    if image or digest:
        unresolved = Unresolved(TagRunner.ECS_TASK, since) if since and not digest else None
        yield Sighting(image or digest, used_by, digest, unresolved)
