"""A plan: the verdicts on one repository at one instant, and what they come to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.evidence import Evidence
from bot.core.graph import Graph, build_graph
from bot.core.judge import Judged, judge
from bot.core.keepers import obscure
from bot.core.manifest import Manifest
from bot.core.obstacles import (
    ManifestsInACircle,
    ManifestsUnread,
    Obstacle,
    PushTimesMissing,
)
from bot.core.reasons import Verdict
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import Prices, Savings, find_savings, find_stored_bytes
from bot.core.usage import SOURCES, Usage

if TYPE_CHECKING:
    from bot.core.unread import UnreadCause


@dataclass(frozen=True, slots=True)
class Plan:
    """`judged` holds every manifest, lowest digest first; `delete` the digests that go, in an
    order that ECR accepts (an index before its children) and that leaves no referrer without
    its subject for longer than needed. `deleted_also_in`: where replication rules carry deletions.
    `problems`: why the plan is incomplete.
    """

    repository: RepositoryId
    judged: tuple[Judged, ...]
    delete: tuple[str, ...]
    savings: Savings
    usage: Usage
    deleted_also_in: tuple[RegistryId, ...]
    problems: tuple[Obstacle, ...]

    @property
    def complete(self) -> bool:
        return not self.problems

    @property
    def checked(self) -> bool:
        """Whether any source of usage was looked at."""
        return any(look.source in SOURCES for look in self.usage.looks)


def make_plan(
    repository: RepositoryId, manifests: Iterable[Manifest], evidence: Evidence, prices: Prices
) -> Plan:
    graph = build_graph(manifests)
    judged = judge(graph, evidence)
    deleted = {j.manifest.digest for j in judged if j.verdict is Verdict.DELETE}
    stored_bytes = find_stored_bytes(graph.manifests.values())
    return Plan(
        repository=repository,
        judged=judged,
        delete=_order_of_deletion(graph, deleted),
        savings=replace(savings_of(judged, prices), stored_bytes=stored_bytes),
        usage=evidence.usage,
        deleted_also_in=evidence.deleted_also_in,
        problems=(
            *_problems(graph),
            *(look.problem for look in evidence.usage.looks if look.problem),
        ),
    )


def savings_of(judged: Iterable[Judged], prices: Prices) -> Savings:
    by_verdict: dict[Verdict, list[Manifest]] = {verdict: [] for verdict in Verdict}
    for each in judged:
        by_verdict[each.verdict].append(each.manifest)
    return find_savings(by_verdict[Verdict.KEEP], by_verdict[Verdict.DELETE], prices)


def _order_of_deletion(graph: Graph, deleted: set[str]) -> tuple[str, ...]:
    return tuple(digest for level in graph.levels for digest in level if digest in deleted)


def _problems(graph: Graph) -> Iterator[Obstacle]:
    unread: defaultdict[UnreadCause | None, list[str]] = defaultdict(list)
    for manifest in obscure(graph):
        unread[manifest.unread].append(manifest.digest)
    for cause, digests in unread.items():
        yield ManifestsUnread(tuple(digests), cause)
    if timeless := [m.digest for m in graph.manifests.values() if m.pushed_at is None]:
        yield PushTimesMissing(tuple(timeless))
    if graph.tangled:
        yield ManifestsInACircle(tuple(graph.tangled))
