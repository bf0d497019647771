"""ECS task definitions: which ones are in use, and their images."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import ImageUse, TagRunner, UnresolvedTagReference
from bot.parallel import in_parallel
from bot.sanitize import quoted

PAGE = 100
"""Largest page of ECS's List… calls: API reference, maxResults. ListServices returns 10 by
default."""

CLUSTER_NOT_FOUND = error_with("ClusterNotFoundException")

_DELETED = frozenset({"MISSING", "INACTIVE"})
"""Failure reasons of a resource that was deleted after it was listed: API reference, Failure, and
developer guide, API failure reasons."""

_NOT_FOUND = error_with("ClientException", message="Unable to describe task definition")
"""The error for a deleted revision, and for a family without ACTIVE revisions. Neither can start a
task. The code alone may also mean missing permission (API reference)."""


@dataclass(frozen=True, slots=True)
class EcsDescribeCall:
    """A Describe… call. `parameter` takes the ARNs, at most `limit`. The answer has the results
    under `result_key`."""

    operation: str
    parameter: str
    result_key: str
    limit: int


def describe_all(aws: AwsApi, call: EcsDescribeCall, arns: Sequence[str]) -> Iterator[AwsAnswer]:
    """Describes resources of any cluster."""

    def describe(some: Sequence[str]) -> list[AwsAnswer]:
        answer = aws.call("ecs", call.operation, **{call.parameter: some})
        return _entries(answer, call, len(some))

    for entries in in_parallel(describe, _batches(arns, call)):
        yield from entries


def describe_in_clusters(
    aws: AwsApi,
    call: EcsDescribeCall,
    clusters: Sequence[str],
    listed: Callable[[str], Sequence[str]],
) -> Iterator[AwsAnswer]:
    """Describes what `listed` finds in each cluster, while it lists other clusters."""

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
    """Yields ARNs. Yields none if the cluster was deleted after it was listed, since only an empty
    cluster can be deleted."""
    return aws.pages(
        "ecs", operation, key, CLUSTER_NOT_FOUND, cluster=cluster, maxResults=PAGE, **filters
    )


def short_name(arn: str) -> str:
    """The end of an ECS ARN: a cluster's name, or `family:revision` of a task definition."""
    return arn.rpartition("/")[2]


def _entries(answer: AwsAnswer, call: EcsDescribeCall, asked: int) -> list[AwsAnswer]:
    """Returns the results of an answer. Raises ServiceError for failures other than deletion."""
    entries: list[AwsAnswer] = answer[call.result_key]
    failures = answer.get("failures") or []
    for failure in failures:
        if failure["reason"] not in _DELETED:
            raise answer.unusable(
                f"failed for {failure.get('arn')} with {quoted(failure['reason'])} "
                f"({failure.get('detail') or 'no details given'}): try again later"
            )
    if len(entries) + len(failures) < asked:
        raise answer.unusable(
            f"returned {len(entries)} of {asked} {call.result_key}: try again later"
        )
    return entries


def _batches(arns: Sequence[str], call: EcsDescribeCall) -> Iterator[Sequence[str]]:
    return (arns[at : at + call.limit] for at in range(0, len(arns), call.limit))


class TaskDefinitionUse(NamedTuple):
    """A task definition that a workload names: `family`, `family:revision` or an ARN. Without a
    revision it is the newest ACTIVE one (API reference, RunTask, taskDefinition)."""

    definition: str
    used_by: str


def newest_definitions(aws: AwsApi, revisions: int) -> Iterator[TaskDefinitionUse]:
    """Yields the newest ACTIVE revisions of every family. Users, and tools that ecr-clean cannot
    read, may start tasks from them."""
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
    """Yields ARNs of ACTIVE revisions, newest first, page by page."""
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


def definition_image_uses(aws: AwsApi, uses: Iterable[TaskDefinitionUse]) -> Iterator[ImageUse]:
    """Describes each definition once. Families without a revision come first, because only the
    answer contains their revision."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        if name := _name_here(aws, use.definition):
            users[name].add(use.used_by)
    for family, definition in _described(aws, [name for name in users if ":" not in name]):
        revision = f"{family}:{definition['revision']}"
        yield from image_uses_in(definition, users.pop(family) | users.pop(revision, set()))
    for name, definition in _described(aws, [name for name in users if ":" in name]):
        yield from image_uses_in(definition, users[name])


def _name_here(aws: AwsApi, definition: str) -> str | None:
    """Returns `family` or `family:revision`; None for a definition of another account or Region,
    which has its own scan."""
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


def image_uses_in(definition: AwsAnswer, users: Iterable[str]) -> Iterator[ImageUse]:
    """Yields the image of every container, once for each user."""
    for container in definition["containerDefinitions"]:
        for used_by in sorted(users):
            yield ImageUse(container["image"], used_by)


def container_image_uses(
    container: AwsAnswer, used_by: str, since: datetime | None = None
) -> Iterator[ImageUse]:
    """Yields one image use; none for a container without an image, such as the one that ECS adds
    for Service Connect (observed). `since`: the start time of a running container."""
    image, digest = container.get("image"), container.get("imageDigest")
    if image or digest:
        unresolved = (
            UnresolvedTagReference(TagRunner.ECS_TASK, since) if since and not digest else None
        )
        yield ImageUse(image or digest, used_by, digest, unresolved)
