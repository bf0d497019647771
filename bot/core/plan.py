"""A plan: the verdicts on the manifests of one repository at one time, and the savings."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.core.judge import JudgedManifest, judge, with_unknown_parts
from bot.core.manifest import Manifest
from bot.core.manifest_graph import (
    ManifestGraph,
    PartReasons,
    build_graph,
    nearest_parent,
    with_dependents,
)
from bot.core.pins import Pin, PinIndex
from bot.core.plan_problems import (
    CircularManifests,
    MissingPushTimes,
    PlanProblem,
    UnreadableManifestsProblem,
)
from bot.core.policy import PlanInputs
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import Savings, SavingsTerms, find_savings, find_stored_bytes, unread_bytes
from bot.core.unmatched_tags import NO_UNMATCHED_TAGS, UnmatchedTags, find_unmatched_tags
from bot.core.usage import SOURCES, RepositoryUsage, SourceScan
from bot.core.verdict_reasons import NoRuleKeeps, Pinned, Reason, RuleName, Verdict

if TYPE_CHECKING:
    from bot.core.manifest import UnreadCause


@dataclass(frozen=True, slots=True)
class Plan:
    """The verdicts on one repository, with the deletions and the savings.

    `judged`: every manifest, lowest digest first. `delete`: the digests to delete, in an order
    that ECR accepts (an index before its children), with subjects before their referrers.
    `deleted_also_in`: the registries to which replication rules pass deletions. `problems`: why the
    plan is incomplete. `unmatched_tags`: tags that no keep rule could ever match.
    """

    repository: RepositoryId
    judged: tuple[JudgedManifest, ...]
    delete: tuple[str, ...]
    savings: Savings
    usage: RepositoryUsage
    deleted_also_in: tuple[RegistryId, ...]
    problems: tuple[PlanProblem, ...]
    unmatched_tags: UnmatchedTags = NO_UNMATCHED_TAGS

    @property
    def complete(self) -> bool:
        return not self.problems

    @property
    def checked(self) -> bool:
        """Whether any usage source was scanned."""
        return any(scan.source in SOURCES for scan in self.usage.scans)


def make_plan(
    repository: RepositoryId, manifests: Iterable[Manifest], inputs: PlanInputs, terms: SavingsTerms
) -> Plan:
    graph = build_graph(manifests)
    judged = judge(graph, inputs)
    deleted = {j.manifest.digest for j in judged if j.verdict is Verdict.DELETE}
    savings = replace(
        savings_of(judged, terms),
        stored_bytes=find_stored_bytes(graph.manifests.values()),
        in_use_bytes=find_stored_bytes(
            map(graph.manifests.__getitem__, digests_in_use(graph, judged))
        ),
    )
    return Plan(
        repository=repository,
        judged=judged,
        delete=_deletion_order(graph, deleted),
        savings=savings,
        usage=inputs.usage,
        deleted_also_in=inputs.deleted_also_in,
        problems=(
            *_problems(graph),
            *(scan.problem for scan in inputs.usage.scans if scan.problem),
        ),
        unmatched_tags=find_unmatched_tags(inputs.policy, _tags_of_images(judged)),
    )


def _tags_of_images(judged: Iterable[JudgedManifest]) -> Iterator[str]:
    """Without those of artifacts, which are kept by their type."""
    for each in judged:
        if not any(reason.rule is RuleName.ARTIFACT for reason in each.reasons):
            yield from each.manifest.names


def digests_in_use(graph: ManifestGraph, judged: Iterable[JudgedManifest]) -> set[str]:
    """Manifests in use, those that are kept for them, and their parts."""
    used = (
        each.manifest.digest
        for each in judged
        if any(reason.rule is RuleName.IN_USE for reason in each.reasons)
    )
    return with_dependents(graph, used)


def savings_of(judged: Iterable[JudgedManifest], terms: SavingsTerms) -> Savings:
    by_verdict: dict[Verdict, list[Manifest]] = {verdict: [] for verdict in Verdict}
    for each in judged:
        by_verdict[each.verdict].append(each.manifest)
    return find_savings(by_verdict[Verdict.KEEP], by_verdict[Verdict.DELETE], terms)


def _deletion_order(graph: ManifestGraph, deleted: set[str]) -> tuple[str, ...]:
    return tuple(digest for level in graph.levels for digest in level if digest in deleted)


def _problems(graph: ManifestGraph) -> Iterator[PlanProblem]:
    unread: defaultdict[UnreadCause | None, list[str]] = defaultdict(list)
    for manifest in with_unknown_parts(graph):
        unread[manifest.unread].append(manifest.digest)
    for cause, digests in unread.items():
        yield UnreadableManifestsProblem(tuple(digests), cause)
    if timeless := [m.digest for m in graph.manifests.values() if m.pushed_at is None]:
        yield MissingPushTimes(tuple(timeless))
    if graph.in_circles:
        yield CircularManifests(tuple(graph.in_circles))


class ImageGroupCounts(NamedTuple):
    """Numbers of image groups: a root with all parts that share its verdict. `recent_pulls`: those
    to delete that were pulled in the last 30 days. `forgotten`: those to delete whose tags no keep
    rule could match."""

    all: int
    to_delete: int
    recent_pulls: int
    forgotten: int = 0


def count_image_groups(plan: Plan) -> ImageGroupCounts:
    verdicts = {each.manifest.digest: each.verdict for each in plan.judged}
    roots = [
        each
        for each in plan.judged
        if each.parent is None or verdicts.get(each.parent) is not each.verdict
    ]
    deleted = [each for each in roots if each.verdict is Verdict.DELETE]
    return ImageGroupCounts(
        len(roots),
        len(deleted),
        sum(each.pulled_recently for each in deleted),
        sum(any(map(_is_forgotten, each.reasons)) for each in deleted),
    )


def _is_forgotten(reason: Reason) -> bool:
    return isinstance(reason, NoRuleKeeps) and reason.is_forgotten


def content_hash(plan: Plan) -> str:
    """SHA-256 in hex of the verdicts, the order of deletion, and the scans.

    Another hash makes a new version of the plan. Wording, times, users, sizes and savings are not
    part of it, nor is the order of values whose order has no meaning.
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
    """With the number of workloads that an approver can confirm."""
    doubted = (scan.usage_drop.workloads,) if scan.usage_drop else ()
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
    """Adds pins to the plan, without calls to AWS.

    Never adds images to delete. Images that the plan keeps already get the pins as further reasons,
    as in a new plan.
    """
    board = PinIndex(pins, now)
    pinned = {j.manifest.digest: found for j in plan.judged if (found := board.of(j.manifest))}
    if not pinned:
        return plan
    graph = build_graph(judged.manifest for judged in plan.judged)
    pin_kept = with_dependents(graph, pinned) & set(plan.delete)
    kept = (graph.manifests.keys() - plan.delete) | pin_kept
    maker = _PinnedVerdicts(graph, kept, pin_kept, pinned, PartReasons(graph))
    judged = tuple(map(maker.judge_again, plan.judged))
    return replace(
        plan,
        judged=judged,
        delete=tuple(digest for digest in plan.delete if digest not in pin_kept),
        savings=_savings(plan.savings, judged, usd_per_gb_month) if pin_kept else plan.savings,
    )


@dataclass(frozen=True, slots=True)
class _PinnedVerdicts:
    """`kept`: all kept digests, with the pins. `pin_kept`: those that the plan deleted before."""

    graph: ManifestGraph
    kept: set[str]
    pin_kept: set[str]
    pinned: Mapping[str, list[Pin]]
    part_reasons: PartReasons

    def judge_again(self, before: JudgedManifest) -> JudgedManifest:
        digest = before.manifest.digest
        if digest not in self.kept:
            return before
        parent = nearest_parent(self.graph, digest, self.kept)
        reasons = before.reasons if before.verdict is Verdict.KEEP else ()
        if digest in self.pinned:
            reasons = _with_pin_reasons(reasons, self.pinned[digest])
        if parent in self.pin_kept:
            own = (reason for reason in reasons if reason.rule is not RuleName.FOLLOWS)
            reasons = (*own, self.part_reasons.reason(before.manifest, parent))
        return replace(
            before, verdict=Verdict.KEEP, parent=parent, reasons=reasons, pulled_recently=False
        )


def _with_pin_reasons(reasons: tuple[Reason, ...], pins: Iterable[Pin]) -> tuple[Reason, ...]:
    """Puts pins first, each once. Adds none if an earlier version of the bot stored the pins as
    sentences."""
    if any(each.rule is RuleName.PINNED and not isinstance(each, Pinned) for each in reasons):
        return reasons
    by_pins = map(Pinned, pins)
    every = dict.fromkeys((*reasons, *by_pins))
    return tuple(sorted(every, key=lambda reason: reason.rule is not RuleName.PINNED))


def _savings(before: Savings, judged: Iterable[JudgedManifest], usd_per_gb_month: float) -> Savings:
    """Keeps the bytes of kept images: a stored plan has only the layers that it would free."""
    terms = SavingsTerms(usd_per_gb_month, layers_stay_within=before.exact)
    return replace(
        savings_of(judged, terms),
        stored_bytes=before.stored_bytes,
        in_use_bytes=before.in_use_bytes,
    )


class FreedBytes:
    """Counts the bytes that deletions free: a layer is free once its last manifest is deleted.

    `plan`: a stored one, which has no layers of kept manifests. After all of its deletions, `bytes`
    equals the plan's savings. An image whose layers are unknown counts with the size that ECR
    lists.
    """

    def __init__(self, plan: Plan, already: Iterable[str] = ()) -> None:
        """`already`: digests that are deleted."""
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
        """Adds a deleted manifest. Call it once for each."""
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
"""No image of these plans was deleted."""

EXECUTED = frozenset({PlanState.DONE, PlanState.FAILED, PlanState.STOPPED})
"""All or some images of these plans were deleted."""
