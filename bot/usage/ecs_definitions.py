"""ECS task definitions: which ones are in use, and their images."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import ImageUse, TagRunner, UnresolvedTagReference
from bot.parallel import in_parallel
from bot.ports import DefinitionKey, OpenDefinitionCache
from bot.sanitize import quoted
from bot.usage.known_definitions import Reading, one_by_one, read_once

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
    revision it is the newest ACTIVE one (API reference, RunTask, taskDefinition). A revision never
    changes, and its number is not used again (API reference, DeleteTaskDefinitions)."""

    definition: str
    used_by: str


def split_revision(arn: str) -> tuple[str, int]:
    """The family and the number of a revision."""
    family, _, revision = short_name(arn).rpartition(":")
    return family, int(revision)


@dataclass(frozen=True, slots=True)
class TaskDefinitions:
    """Task definitions of an account in a Region. Describes each revision once."""

    aws: AwsApi
    open_cache: OpenDefinitionCache

    def image_uses(
        self,
        uses: Iterable[TaskDefinitionUse],
        scheduled: Iterable[TaskDefinitionUse],
        active: Mapping[str, AbstractSet[int]],
    ) -> Iterator[ImageUse]:
        """`scheduled`: uses by rules and schedules, which may name a deleted revision. It cannot
        start a task, so the cache is not asked. `active`: known ACTIVE revisions by family."""
        newest = {family: f"{family}:{max(numbers)}" for family, numbers in active.items()}
        users: defaultdict[str, set[str]] = defaultdict(set)
        may_be_deleted: set[str] = set()
        for use in scheduled:
            if name := self._name_here(use.definition, newest):
                users[name].add(use.used_by)
                if not _is_in(name, active):
                    may_be_deleted.add(name)
        for use in uses:
            if name := self._name_here(use.definition, newest):
                users[name].add(use.used_by)
        place = self.aws.place_of("ecs")
        keys = {
            name: None if name in may_be_deleted else _revision_key(place, name) for name in users
        }
        for name, images in read_once(self.open_cache, keys, one_by_one(self._describe)).items():
            yield from image_uses_of(images, users[name])

    def _name_here(self, definition: str, newest: Mapping[str, str]) -> str | None:
        """Returns `family:revision`, or the family if it has no known ACTIVE revision; None for a
        definition of another account or Region, which has its own scan."""
        name = definition
        match definition.split(":", maxsplit=5):
            case ["arn", _, "ecs", region, account, resource]:
                if (account, region) != (self.aws.account, self.aws.region):
                    return None
                name = resource.removeprefix("task-definition/")
        return newest.get(name, name)

    def _describe(self, name: str) -> Reading | None:
        answer = self.aws.find("ecs", "describe_task_definition", _NOT_FOUND, taskDefinition=name)
        return Reading(images_in(answer["taskDefinition"])) if answer else None


def _revision_key(place: str, name: str) -> DefinitionKey | None:
    """None for a family, whose newest revision changes."""
    return DefinitionKey(place, f"task-definition/{name}") if ":" in name else None


def _is_in(name: str, active: Mapping[str, AbstractSet[int]]) -> bool:
    family, _, revision = name.rpartition(":")
    return revision.isdecimal() and int(revision) in active.get(family, ())


def images_in(definition: AwsAnswer) -> tuple[str, ...]:
    return tuple([container["image"] for container in definition["containerDefinitions"]])


def image_uses_of(images: Iterable[str], users: Iterable[str]) -> Iterator[ImageUse]:
    """Yields each image once for each user."""
    for image in images:
        for used_by in sorted(users):
            yield ImageUse(image, used_by)


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
