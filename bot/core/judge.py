"""The verdict on every manifest of a repository: keep it, or delete it if nothing keeps it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from bot.core.last_use import LastUse
from bot.core.manifest import ImageStatus, Manifest, ManifestKind
from bot.core.manifest_graph import (
    ManifestGraph,
    PartReasons,
    nearest_parent,
    with_dependents,
    with_parents,
)
from bot.core.patterns import Patterns
from bot.core.pins import PinIndex
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.selection import (
    ImageGroup,
    Rule,
    RuleCandidates,
    age_event,
    age_key,
    young_since,
)
from bot.core.unmatched_tags import is_unmatched
from bot.core.usage import ImageUser
from bot.core.verdict_reasons import (
    AgeEvent,
    AgeStart,
    Archived,
    InUse,
    KeptAsUnreadable,
    KeptForPart,
    MayBelongToUnreadableIndex,
    NoMatchingPolicy,
    NoPushTime,
    NoRuleKeeps,
    NotContainerImage,
    NotKeptByRule,
    PartOfItself,
    Pinned,
    PropagatingReason,
    Reason,
    RuleName,
    SubjectNeverSeen,
    TooYoung,
    UsageUnknown,
    Verdict,
)

KeepReasons = Iterator[tuple[str, Reason]]

PULLED_RECENTLY = timedelta(days=30)

Reasons = dict[str, list[Reason]]

Event = TypeVar("Event", datetime, LastUse)


def pinned(graph: ManifestGraph, inputs: PlanInputs) -> KeepReasons:
    board = PinIndex(inputs.pins, inputs.now)
    for manifest in graph.manifests.values():
        for pin in board.of(manifest):
            yield manifest.digest, Pinned(pin)


def in_use(graph: ManifestGraph, inputs: PlanInputs) -> KeepReasons:
    for manifest in graph.manifests.values():
        if users := inputs.usage.users_of(manifest.digest, manifest.tags):
            yield manifest.digest, InUse(users)


def too_young(policy: Policy, candidates: RuleCandidates) -> KeepReasons:
    """Young images, also untagged ones: a multi-arch push uploads children before their index."""
    for group in candidates.groups:
        since = group.young_since
        if since is not None and candidates.now - since < policy.min_age:
            start = _age_start(group, since, candidates.retagged_at)
            yield group.manifest.digest, TooYoung(policy.min_age, start)


def _age_start(group: ImageGroup, since: datetime, retagged_at: Mapping[str, datetime]) -> AgeStart:
    if own := age_event(group.manifest, since, retagged_at):
        return own
    if since == group.last_push:
        return AgeStart(AgeEvent.PART_PUSHED, since)
    if since == group.last_restoration:
        return AgeStart(AgeEvent.PART_RESTORED, since)
    return AgeStart(AgeEvent.PART_RETAGGED, since)


def archived(graph: ManifestGraph) -> KeepReasons:
    for manifest in graph.manifests.values():
        if manifest.status != ImageStatus.ACTIVE:
            is_being_restored = manifest.status != ImageStatus.ARCHIVED
            yield manifest.digest, Archived(is_being_restored=is_being_restored)


def not_run_by_containers(graph: ManifestGraph, artifacts: frozenset[str]) -> KeepReasons:
    """Artifacts that are tagged or have no parent. Others inherit the verdict of their parent."""
    for digest in sorted(artifacts):
        manifest = graph.manifests[digest]
        if manifest.tags or not graph.parents.get(digest):
            yield digest, NotContainerImage(next(iter(manifest.types), None))


def subject_never_seen(graph: ManifestGraph, inputs: PlanInputs) -> KeepReasons:
    """Referrers, by their tags, whose subject was never in this repository: with COSIGN_REPOSITORY,
    cosign stores signatures in another repository than images."""
    for manifest in graph.manifests.values():
        for subject in manifest.tag_subjects:
            if subject not in graph.manifests and subject not in inputs.subjects_seen:
                yield manifest.digest, SubjectNeverSeen(subject)


def with_unknown_parts(graph: ManifestGraph) -> list[Manifest]:
    """Indexes that could not be read, and manifests of unknown type. Any manifest may be part of
    them."""
    return [m for m in graph.manifests.values() if _has_unknown_parts(m)]


def _has_unknown_parts(manifest: Manifest) -> bool:
    return not manifest.type_is_known or (manifest.is_index and manifest.unread is not None)


def unreadable(graph: ManifestGraph) -> KeepReasons:
    for digest in graph.in_circles:
        yield digest, PartOfItself()
    unknown = with_unknown_parts(graph)
    for manifest in unknown:
        yield manifest.digest, KeptAsUnreadable(manifest.unread)
    for manifest in graph.manifests.values():
        if manifest.pushed_at is None:
            yield manifest.digest, NoPushTime()
        if unknown and not manifest.tags and not _has_unknown_parts(manifest):
            yield manifest.digest, MayBelongToUnreadableIndex(unknown[0].digest)


def usage_unknown(graph: ManifestGraph, inputs: PlanInputs) -> KeepReasons:
    """All manifests, if a usage source could not be read: any of them may be in use."""
    if failed := inputs.usage.failed:
        reason = UsageUnknown(tuple(scan.place for scan in failed))
        for digest in graph.manifests:
            yield digest, reason


def without_policy(graph: ManifestGraph) -> KeepReasons:
    for digest in graph.manifests:
        yield digest, NoMatchingPolicy()


def find_artifacts(graph: ManifestGraph, treated_like_images: Patterns) -> frozenset[str]:
    """Artifacts, and indexes that list only artifacts. No container runs them, so usage sources
    never list them.

    Leaves out manifests whose config type or `artifactType` matches `treated_like_images`, and
    referrers, which inherit the verdict of their subject.
    """
    artifacts: set[str] = set()
    for level in reversed(graph.levels):
        for manifest in map(graph.manifests.__getitem__, level):
            if treated_like_images.match_any(manifest.types):
                continue
            if manifest.kind is ManifestKind.ARTIFACT and manifest.type_is_known:
                artifacts.add(manifest.digest)
            elif manifest.kind is ManifestKind.INDEX:
                present = [child for child in manifest.children if child in graph.manifests]
                if (present or manifest.artifact_type) and artifacts.issuperset(present):
                    artifacts.add(manifest.digest)
    return frozenset(artifacts)


def rule_candidates(
    graph: ManifestGraph,
    artifacts: frozenset[str],
    last_pull: Mapping[str, datetime],
    inputs: PlanInputs,
    used: Iterable[str],
) -> RuleCandidates:
    """`artifacts`: the result of `find_artifacts`. `last_pull`: the result of `last_pulls`.
    `used`: the digests of the manifests in use."""
    retagged_at = inputs.retagged_at
    uses, memory = inputs.usage.last_uses, inputs.usage.memory
    last_use = _latest_in_parts(graph, lambda manifest: uses.get(manifest.digest)) if uses else {}
    used_with_parents = with_parents(graph, used)
    last_push = _latest_in_parts(graph, lambda manifest: manifest.pushed_at)
    last_restoration = _latest_in_parts(graph, lambda manifest: manifest.restored_at)
    youngest = last_push
    if retagged_at or last_restoration:
        youngest = _latest_in_parts(graph, lambda manifest: young_since(manifest, retagged_at))

    def group(digest: str) -> ImageGroup:
        return ImageGroup(
            manifest=graph.manifests[digest],
            last_push=last_push.get(digest),
            last_restoration=last_restoration.get(digest),
            young_since=youngest.get(digest),
            last_pull=last_pull.get(digest),
            last_use=last_use.get(digest),
            is_in_use=digest in used_with_parents,
        )

    def age(manifest: Manifest) -> tuple[datetime, datetime]:
        return age_key(manifest, retagged_at)

    roots = [graph.manifests[digest] for digest in graph.roots]
    tagged = [
        digest for level in graph.levels[1:] for digest in level if graph.manifests[digest].tags
    ]
    judged = [m for m in roots if m.digest not in artifacts and m.pushed_at is not None]
    ranked = [manifest for manifest in judged if manifest.kind is not ManifestKind.REFERRER]
    lost_referrers = [manifest for manifest in judged if manifest.kind is ManifestKind.REFERRER]
    dependents = [graph.manifests[digest] for digest in tagged if digest not in artifacts]
    return RuleCandidates(
        groups=tuple(map(group, graph.roots)),
        tagged_parts=tuple(map(group, tagged)),
        ranked=tuple(sorted(ranked, key=age, reverse=True)),
        unranked=tuple(m for m in (*lost_referrers, *dependents) if m.names and m.pushed_at),
        now=inputs.now,
        retagged_at=retagged_at,
        remembered_since=memory.since if memory else None,
    )


def last_pulls(graph: ManifestGraph) -> Mapping[str, datetime]:
    """By digest, when the manifest or a part of it was last pulled, other than by this bot."""
    return _latest_in_parts(graph, lambda manifest: manifest.pulled_at)


def _latest_in_parts(
    graph: ManifestGraph, event_of: Callable[[Manifest], Event | None]
) -> Mapping[str, Event]:
    """By digest, the latest event of the manifest and its parts."""
    latest = {d: at for d, m in graph.manifests.items() if (at := event_of(m)) is not None}
    for level in reversed(graph.levels[1:]):
        for digest in level:
            if (at := latest.get(digest)) is not None:
                for parent in graph.parents[digest]:
                    if parent not in latest or latest[parent] < at:
                        latest[parent] = at
    return latest


@dataclass(frozen=True, slots=True)
class JudgedManifest:
    """A manifest with its verdict and the reasons. `parent`: the nearest index or subject in the
    repository.

    `pulled_recently`: the verdict is to delete, and the manifest or a part of it was pulled in the
    last 30 days. A workload that no usage source lists may need it.
    """

    manifest: Manifest
    verdict: Verdict
    parent: str | None
    reasons: tuple[Reason, ...]
    used_by: tuple[ImageUser, ...] = ()
    pulled_recently: bool = False


def judge(graph: ManifestGraph, inputs: PlanInputs) -> tuple[JudgedManifest, ...]:
    """One verdict for every manifest, lowest digest first."""
    policy = inputs.policy
    last_pull = last_pulls(graph)
    used = dict(in_use(graph, inputs))
    own: list[Iterable[tuple[str, Reason]]] = [pinned(graph, inputs), used.items()]
    not_kept: list[Mapping[str, NotKeptByRule]] = []
    if policy is None:
        own.append(without_policy(graph))
    else:
        artifacts = find_artifacts(graph, policy.artifact_types)
        candidates = rule_candidates(graph, artifacts, last_pull, inputs, used)
        own += [
            _by_rules(policy.keep, candidates, not_kept),
            too_young(policy, candidates),
            not_run_by_containers(graph, artifacts),
        ]
    own += [archived(graph), subject_never_seen(graph, inputs)]
    own += [unreadable(graph), usage_unknown(graph, inputs)]

    reasons: Reasons = defaultdict(list)
    for digest, reason in chain(*own):
        reasons[digest].append(reason)
    _keep_parents_of_kept_parts(graph, reasons)
    kept = with_dependents(graph, reasons)
    maker = _VerdictMaker(graph, inputs, reasons, kept, not_kept, last_pull, PartReasons(graph))
    return tuple(maker.verdicts())


def _by_rules(
    rules: Sequence[Rule], candidates: RuleCandidates, not_kept: list[Mapping[str, NotKeptByRule]]
) -> Iterator[tuple[str, Reason]]:
    for rule in rules:
        selection = rule.select(candidates)
        not_kept.append(selection.not_kept)
        yield from selection.kept.items()


def _keep_parents_of_kept_parts(graph: ManifestGraph, reasons: Reasons) -> None:
    """Adds reasons to the parents of kept parts, where the reason keeps the parents too."""
    propagating: dict[str, dict[RuleName, tuple[str, PropagatingReason]]] = {
        digest: {
            reason.rule: (digest, reason)
            for reason in found
            if isinstance(reason, PropagatingReason)
        }
        for digest, found in reasons.items()
    }
    upwards = chain(graph.in_circles, *reversed(graph.levels[1:]))
    for digest in upwards:
        for rule, (origin, reason) in propagating.get(digest, {}).items():
            for parent in graph.parents.get(digest, ()):
                above = propagating.setdefault(parent, {})
                if rule not in above:
                    above[rule] = (origin, reason)
                    reasons[parent].append(KeptForPart(graph.manifests[origin].shown_name, reason))


@dataclass(frozen=True, slots=True)
class _VerdictMaker:
    """Makes the verdicts from the reasons to keep."""

    graph: ManifestGraph
    inputs: PlanInputs
    reasons: Reasons
    kept: set[str]
    not_kept: Sequence[Mapping[str, NotKeptByRule]]
    last_pull: Mapping[str, datetime]
    part_reasons: PartReasons

    def verdicts(self) -> Iterator[JudgedManifest]:
        for digest, manifest in self.graph.manifests.items():
            parent = nearest_parent(self.graph, digest, self.kept)
            judged = self._keep if digest in self.kept else self._delete
            yield judged(manifest, parent)

    def _keep(self, manifest: Manifest, parent: str | None) -> JudgedManifest:
        reasons = self.reasons.get(manifest.digest, [])
        if parent in self.kept:
            reasons = [*reasons, self.part_reasons.reason(manifest, parent)]
        used_by = self.inputs.usage.users_of(manifest.digest, manifest.tags)
        return JudgedManifest(manifest, Verdict.KEEP, parent, tuple(reasons), used_by)

    def _delete(self, manifest: Manifest, parent: str | None) -> JudgedManifest:
        reason = (
            self.part_reasons.reason(manifest, parent) if parent else self._nothing_keeps(manifest)
        )
        pull = self.last_pull.get(manifest.digest)
        if pull is None or self.inputs.now - pull >= PULLED_RECENTLY:
            return JudgedManifest(manifest, Verdict.DELETE, parent, (reason,))
        pulled = replace(reason, pulled_at=pull)
        return JudgedManifest(manifest, Verdict.DELETE, parent, (pulled,), pulled_recently=True)

    def _nothing_keeps(self, manifest: Manifest) -> NoRuleKeeps:
        by_rules = (rule.get(manifest.digest) for rule in self.not_kept)
        missing_subject = None
        if manifest.kind is ManifestKind.REFERRER:
            missing_subject = manifest.subject or manifest.tag_subjects[0]
        policy = self.inputs.policy
        return NoRuleKeeps(
            tuple(filter(None, by_rules)),
            missing_subject,
            is_tagged=bool(manifest.tags),
            is_forgotten=bool(manifest.names)
            and all(is_unmatched(policy, tag) for tag in manifest.names),
        )
