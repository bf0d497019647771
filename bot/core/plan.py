"""A plan: the verdicts on one repository at one instant, and what they come to."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any

from bot.core.judge import JudgedManifest, judge, with_unknown_parts
from bot.core.manifest import Manifest
from bot.core.manifest_graph import Graph, PartReasons, build_graph, nearest_parent, with_dependents
from bot.core.pins import Pin, PinIndex
from bot.core.plan_problems import (
    CircularManifests,
    MissingPushTimes,
    PlanProblem,
    UnreadableManifests,
)
from bot.core.policy import PlanInputs
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import Prices, Savings, find_savings, find_stored_bytes, unread_bytes
from bot.core.usage import SOURCES, SourceScan, Usage
from bot.core.verdict_reasons import Pinned, Reason, RuleName, Verdict

if TYPE_CHECKING:
    from bot.core.manifest import UnreadCause


@dataclass(frozen=True, slots=True)
class Plan:
    """`judged` holds every manifest, lowest digest first; `delete` the digests that go, in an
    order that ECR accepts (an index before its children) and that leaves no referrer without
    its subject for longer than needed. `deleted_also_in`: where replication rules carry deletions.
    `problems`: why the plan is incomplete.
    """

    repository: RepositoryId
    judged: tuple[JudgedManifest, ...]
    delete: tuple[str, ...]
    savings: Savings
    usage: Usage
    deleted_also_in: tuple[RegistryId, ...]
    problems: tuple[PlanProblem, ...]

    @property
    def complete(self) -> bool:
        return not self.problems

    @property
    def checked(self) -> bool:
        """Whether any source of usage was looked at."""
        return any(scan.source in SOURCES for scan in self.usage.scans)


def make_plan(
    repository: RepositoryId, manifests: Iterable[Manifest], inputs: PlanInputs, prices: Prices
) -> Plan:
    graph = build_graph(manifests)
    judged = judge(graph, inputs)
    deleted = {j.manifest.digest for j in judged if j.verdict is Verdict.DELETE}
    stored_bytes = find_stored_bytes(graph.manifests.values())
    return Plan(
        repository=repository,
        judged=judged,
        delete=_deletion_order(graph, deleted),
        savings=replace(savings_of(judged, prices), stored_bytes=stored_bytes),
        usage=inputs.usage,
        deleted_also_in=inputs.deleted_also_in,
        problems=(
            *_problems(graph),
            *(scan.problem for scan in inputs.usage.scans if scan.problem),
        ),
    )


def savings_of(judged: Iterable[JudgedManifest], prices: Prices) -> Savings:
    by_verdict: dict[Verdict, list[Manifest]] = {verdict: [] for verdict in Verdict}
    for each in judged:
        by_verdict[each.verdict].append(each.manifest)
    return find_savings(by_verdict[Verdict.KEEP], by_verdict[Verdict.DELETE], prices)


def _deletion_order(graph: Graph, deleted: set[str]) -> tuple[str, ...]:
    return tuple(digest for level in graph.levels for digest in level if digest in deleted)


def _problems(graph: Graph) -> Iterator[PlanProblem]:
    unread: defaultdict[UnreadCause | None, list[str]] = defaultdict(list)
    for manifest in with_unknown_parts(graph):
        unread[manifest.unread].append(manifest.digest)
    for cause, digests in unread.items():
        yield UnreadableManifests(tuple(digests), cause)
    if timeless := [m.digest for m in graph.manifests.values() if m.pushed_at is None]:
        yield MissingPushTimes(tuple(timeless))
    if graph.in_circles:
        yield CircularManifests(tuple(graph.in_circles))


def content_hash(plan: Plan) -> str:
    """SHA-256 in hex of the verdicts, the order of deletion and what the evidence rests on.

    Wording, times, users, sizes and savings may change without a new version. Where order means
    nothing it is none: the hash of a plan that was stored and read again is the same.
    """
    content: dict[str, Any] = {
        "repository": plan.repository.uri,
        "manifests": sorted(map(_verdict, plan.judged)),
        "delete": plan.delete,
        "looks": sorted(set(map(_scan, plan.usage.scans))),
        "not_checked": sorted(set(plan.usage.not_checked)),
        "deleted_also_in": sorted(set(map(str, plan.deleted_also_in))),
        "complete": plan.complete,
    }
    if unseen := plan.usage.unscanned_regions:
        content["unscanned_regions"] = sorted((str(each.place), each.sources) for each in unseen)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _scan(scan: SourceScan) -> tuple[Any, ...]:
    """With the number of workloads that people are asked to confirm."""
    doubted = (scan.doubt.workloads,) if scan.doubt else ()
    return (scan.source, scan.scope, scan.failure is not None, *doubted)


def _verdict(judged: JudgedManifest) -> tuple[Any, ...]:
    return (
        judged.manifest.digest,
        sorted(judged.manifest.tags),
        judged.verdict,
        sorted({reason.rule for reason in judged.reasons}),
        judged.parent,
        judged.pulled_recently,
    )


def with_pins(plan: Plan, pins: Iterable[Pin], now: datetime, usd_per_gb_month: float) -> Plan:
    """The plan as it is with these pins besides, from what is known of it: AWS is not asked again.

    Nothing is ever added to what goes. What stays anyway gets the pins as reasons: a plan that is
    made afresh says the same.
    """
    board = PinIndex(pins, now)
    pinned = {j.manifest.digest: found for j in plan.judged if (found := board.of(j.manifest))}
    if not pinned:
        return plan
    graph = build_graph(judged.manifest for judged in plan.judged)
    spared = with_dependents(graph, pinned) & set(plan.delete)
    kept = (graph.manifests.keys() - plan.delete) | spared
    judging = _PinnedVerdicts(graph, kept, spared, pinned, PartReasons(graph))
    judged = tuple(map(judging.judge_again, plan.judged))
    return replace(
        plan,
        judged=judged,
        delete=tuple(digest for digest in plan.delete if digest not in spared),
        savings=_savings(plan.savings, judged, usd_per_gb_month) if spared else plan.savings,
    )


@dataclass(frozen=True, slots=True)
class _PinnedVerdicts:
    """`kept` and `spared`: with the pins; `spared` was to go before."""

    graph: Graph
    kept: set[str]
    spared: set[str]
    pinned: Mapping[str, list[Pin]]
    following: PartReasons

    def judge_again(self, before: JudgedManifest) -> JudgedManifest:
        digest = before.manifest.digest
        if digest not in self.kept:
            return before
        parent = nearest_parent(self.graph, digest, self.kept)
        reasons = before.reasons if before.verdict is Verdict.KEEP else ()
        if digest in self.pinned:
            reasons = _with_pin_reasons(reasons, self.pinned[digest])
        if parent in self.spared:
            own = (reason for reason in reasons if reason.rule is not RuleName.FOLLOWS)
            reasons = (*own, self.following.reason(before.manifest, parent))
        return replace(
            before, verdict=Verdict.KEEP, parent=parent, reasons=reasons, pulled_recently=False
        )


def _with_pin_reasons(reasons: tuple[Reason, ...], pins: Iterable[Pin]) -> tuple[Reason, ...]:
    """Pins come first, each once. If an earlier version of the bot stored them as sentences,
    nothing is added."""
    if any(each.rule is RuleName.PINNED and not isinstance(each, Pinned) for each in reasons):
        return reasons
    by_pins = map(Pinned, pins)
    every = dict.fromkeys((*reasons, *by_pins))
    return tuple(sorted(every, key=lambda reason: reason.rule is not RuleName.PINNED))


def _savings(before: Savings, judged: Iterable[JudgedManifest], usd_per_gb_month: float) -> Savings:
    """A stored plan knows only the layers that it would free."""
    prices = Prices(usd_per_gb_month, layers_stay_within=before.exact)
    return replace(savings_of(judged, prices), stored_bytes=before.stored_bytes)


class FreedBytes:
    """Counts bytes while manifests go: a layer is free once the last manifest that held it is gone.

    `plan` is one that was stored: it knows no layers that kept manifests hold. When all that it
    deletes is gone, the bytes are what it promised. An image whose layers are unknown counts with
    the size that ECR lists.
    """

    def __init__(self, plan: Plan, already: Iterable[str] = ()) -> None:
        """`already`: digests that are gone."""
        deleted = [each.manifest for each in plan.judged if each.verdict is Verdict.DELETE]
        self._unread = {manifest.digest: unread_bytes(manifest) for manifest in deleted}
        self._blobs = {manifest.digest: manifest.blobs or () for manifest in deleted}
        held = list(chain.from_iterable(self._blobs.values()))
        self._holders = Counter(blob.digest for blob in held)
        self._sizes = {blob.digest: blob.size for blob in held}
        self.bytes = 0
        for digest in already:
            self.add(digest)

    def add(self, digest: str) -> None:
        """One that is gone now. Each is told once."""
        self.bytes += self._unread.get(digest, 0)
        for blob in self._blobs.get(digest, ()):
            self._holders[blob.digest] -= 1
            if not self._holders[blob.digest]:
                self.bytes += self._sizes[blob.digest]


class PlanState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


OPEN = frozenset({PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING})
"""A repository has at most one plan in these states."""

BEFORE_EXECUTION = frozenset({PlanState.PROPOSED, PlanState.APPROVED})
"""Nothing of them was deleted yet."""

EXECUTED = frozenset({PlanState.DONE, PlanState.FAILED, PlanState.STOPPED})
"""Wholly or in part."""
