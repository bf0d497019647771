"""ECS's Describe… calls: many things at once, and `failures` for those that it does not tell of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.aws.place import Answer, AwsPlace, absence
from bot.outgoing import quoted
from bot.parallel import in_parallel

PAGE = 100
"""The most that ECS's List… calls give at once: API reference, maxResults. ListServices gives 10
unless told otherwise."""

CLUSTER_IS_GONE = absence("ClusterNotFoundException")

_GONE = frozenset({"MISSING", "INACTIVE"})
"""Reasons of a failure (API reference, Failure, and `API failure reasons` in the guide) that mean:
what was just listed is no more."""


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
