"""Task definitions: what names them, and the images that they name."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import Sighting, TagRunner, UnresolvedTag
from bot.parallel import in_parallel
from bot.sanitize import quoted

PAGE = 100
"""The most that ECS's List… calls give at once: API reference, maxResults. ListServices gives 10
unless told otherwise."""

CLUSTER_NOT_FOUND = error_with("ClusterNotFoundException")

_GONE = frozenset({"MISSING", "INACTIVE"})
"""Reasons of a failure (API reference, Failure, and `API failure reasons` in the guide) that mean:
what was just listed is no more."""

_NOT_FOUND = error_with("ClientException", message="Unable to describe task definition")
"""What ECS answers for a revision that was deleted and for a family without ACTIVE ones: neither
can start a task. The code alone may also mean that it is not allowed (API reference)."""


@dataclass(frozen=True, slots=True)
class DescribeCall:
    """One Describe… call: `asked` for by ARNs, `told` in the answer, `at_once` is its limit."""

    operation: str
    parameter: str
    result_key: str
    limit: int


def describe_all(aws: AwsApi, call: DescribeCall, arns: Sequence[str]) -> Iterator[AwsAnswer]:
    """Things of any cluster."""

    def describe(some: Sequence[str]) -> list[AwsAnswer]:
        answer = aws.call("ecs", call.operation, **{call.parameter: some})
        return _entries(answer, call, len(some))

    for entries in in_parallel(describe, _batches(arns, call)):
        yield from entries


def describe_in_clusters(
    aws: AwsApi,
    call: DescribeCall,
    clusters: Sequence[str],
    listed: Callable[[str], Sequence[str]],
) -> Iterator[AwsAnswer]:
    """What `listed` finds in each cluster, described while others are still being listed."""

    def describe(batch: tuple[str, Sequence[str]]) -> list[AwsAnswer]:
        cluster, some = batch
        answer = aws.find(
            "ecs", call.operation, CLUSTER_NOT_FOUND, cluster=cluster, **{call.parameter: some}
        )
        return _entries(answer, call, len(some)) if answer else []

    listings = zip(clusters, in_parallel(listed, clusters), strict=True)
    batches = ((cluster, batch) for cluster, arns in listings for batch in _batches(arns, call))
    for entries in in_parallel(describe, batches):
        yield from entries


def list_in_cluster(
    aws: AwsApi, operation: str, key: str, cluster: str, **filters: str
) -> Iterator[str]:
    """ARNs; none if the cluster was deleted since it was listed: it had to be empty for that."""
    return aws.pages(
        "ecs", operation, key, CLUSTER_NOT_FOUND, cluster=cluster, maxResults=PAGE, **filters
    )


def short_name(arn: str) -> str:
    """What ECS's ARNs end in: the name of a cluster, `family:revision` of a task definition."""
    return arn.rpartition("/")[2]


def _entries(answer: AwsAnswer, call: DescribeCall, asked: int) -> list[AwsAnswer]:
    """What was deleted since it was listed is left out; whatever else is, is an error."""
    entries: list[AwsAnswer] = answer[call.result_key]
    failures = answer.get("failures") or []
    for failure in failures:
        if failure["reason"] not in _GONE:
            raise answer.unusable(
                f"failed for {failure.get('arn')} with {quoted(failure['reason'])} "
                f"({failure.get('detail') or 'no details given'}): try again later"
            )
    if len(entries) + len(failures) < asked:
        raise answer.unusable(
            f"returned {len(entries)} of {asked} {call.result_key}: try again later"
        )
    return entries


def _batches(arns: Sequence[str], call: DescribeCall) -> Iterator[Sequence[str]]:
    return (arns[at : at + call.limit] for at in range(0, len(arns), call.limit))


class TaskDefinitionUse(NamedTuple):
    """A workload names a task definition: `family`, `family:revision` or an ARN. Without a
    revision it is the newest ACTIVE one (API reference, RunTask, taskDefinition)."""

    definition: str
    used_by: str


def newest_definitions(aws: AwsApi, revisions: int) -> Iterator[TaskDefinitionUse]:
    """The newest ACTIVE revisions of every family: what somebody would start by hand, or from a
    aws that nobody can see."""
    families = aws.pages(
        "ecs", "list_task_definition_families", "families", status="ACTIVE", maxResults=PAGE
    )
    if revisions == 1:
        for family in families:
            yield TaskDefinitionUse(family, f"ECS task definition {family} (newest revision)")
        return

    def newest_of(family: str) -> list[str]:
        return list(islice(_revisions(aws, family, revisions), revisions))

    for arns in in_parallel(newest_of, families):
        for arn in arns:
            used_by = f"ECS task definition {short_name(arn)} (of the newest {revisions})"
            yield TaskDefinitionUse(arn, used_by)


def _revisions(aws: AwsApi, family: str, wanted: int) -> Iterator[str]:
    """ACTIVE ones, newest first, a page at a time."""
    arns = aws.pages(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        familyPrefix=family,
        status="ACTIVE",
        sort="DESC",
        maxResults=min(wanted, PAGE),
    )
    return (arn for arn in arns if short_name(arn).rpartition(":")[0] == family)


def definition_sightings(aws: AwsApi, uses: Iterable[TaskDefinitionUse]) -> Iterator[Sighting]:
    """Describes each definition once, however many name it and in whatever way. Families come
    first, since only the answer tells which revision that was."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        if name := _name_here(aws, use.definition):
            users[name].add(use.used_by)
    for family, definition in _described(aws, [name for name in users if ":" not in name]):
        revision = f"{family}:{definition['revision']}"
        yield from sightings_in(definition, users.pop(family) | users.pop(revision, set()))
    for name, definition in _described(aws, [name for name in users if ":" in name]):
        yield from sightings_in(definition, users[name])


def _name_here(aws: AwsApi, definition: str) -> str | None:
    """`family` or `family:revision`; None if it belongs to another aws, which looks itself."""
    match definition.split(":", maxsplit=5):
        case ["arn", _, "ecs", region, account, resource]:
            here = (account, region) == (aws.account, aws.region)
            return resource.removeprefix("task-definition/") if here else None
        case _:
            return definition


def _described(aws: AwsApi, names: list[str]) -> Iterator[tuple[str, AwsAnswer]]:
    def describe(name: str) -> AwsAnswer | None:
        found = aws.find("ecs", "describe_task_definition", _NOT_FOUND, taskDefinition=name)
        return found and found["taskDefinition"]

    for name, definition in zip(names, in_parallel(describe, names), strict=True):
        if definition is not None:
            yield name, definition


def sightings_in(definition: AwsAnswer, users: Iterable[str]) -> Iterator[Sighting]:
    """The image of every container, for each of the users."""
    for container in definition["containerDefinitions"]:
        for used_by in sorted(users):
            yield Sighting(container["image"], used_by)


def container_sightings(
    container: AwsAnswer, used_by: str, since: datetime | None = None
) -> Iterator[Sighting]:
    """One, or none for a container that ECS adds itself and that names no image, as Service
    Connect's (field). `since`: when it was started, if it runs."""
    image, digest = container.get("image"), container.get("imageDigest")
    if image or digest:
        unresolved = UnresolvedTag(TagRunner.ECS_TASK, since) if since and not digest else None
        yield Sighting(image or digest, used_by, digest, unresolved)
