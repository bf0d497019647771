"""Judges every manifest of a repository: what nothing keeps may go."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from bot.core.graph import Following, Graph, nearest_parent, with_dependents
from bot.core.manifest import ImageStatus, Manifest, ManifestKind
from bot.core.patterns import Patterns
from bot.core.pins import PinIndex
from bot.core.policy import Evidence, Policy
from bot.core.rules.selection import Candidates, ImageGroup, Rule, age_event, age_key, young_since
from bot.core.usage import User
from bot.core.verdict_reasons import (
    AgeEvent,
    AgeStart,
    Archived,
    InUse,
    ManifestUnreadable,
    MayBelongToUnread,
    NoPolicy,
    NoPushTime,
    NotContainerImage,
    NothingKeeps,
    NotKeptByRule,
    PartKept,
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

Keepers = Iterator[tuple[str, Reason]]

PULLED_LATELY = timedelta(days=30)

Reasons = dict[str, list[Reason]]


def pinned(graph: Graph, evidence: Evidence) -> Keepers:
    board = PinIndex(evidence.pins, evidence.now)
    for manifest in graph.manifests.values():
        for pin in board.of(manifest):
            yield manifest.digest, Pinned(pin)


def in_use(graph: Graph, evidence: Evidence) -> Keepers:
    for manifest in graph.manifests.values():
        if users := evidence.usage.of(manifest.digest, manifest.tags):
            yield manifest.digest, InUse(users)


def too_young(policy: Policy, candidates: Candidates) -> Keepers:
    """A multi-arch push uploads children before their index, so age spares the untagged too."""
    for family in candidates.families:
        since = family.young_since
        if since is not None and candidates.now - since < policy.min_age:
            start = _age_start(family, since, candidates.renewed_at)
            yield family.head.digest, TooYoung(policy.min_age, start)


def _age_start(group: ImageGroup, since: datetime, renewed_at: Mapping[str, datetime]) -> AgeStart:
    if own := age_event(group.head, since, renewed_at):
        return own
    if since == group.last_push:
        return AgeStart(AgeEvent.PART_PUSHED, since)
    if since == group.last_restoration:
        return AgeStart(AgeEvent.PART_RESTORED, since)
    return AgeStart(AgeEvent.PART_RETAGGED, since)


def archived(graph: Graph) -> Keepers:
    for manifest in graph.manifests.values():
        if manifest.status != ImageStatus.ACTIVE:
            is_being_restored = manifest.status != ImageStatus.ARCHIVED
            yield manifest.digest, Archived(is_being_restored=is_being_restored)


def not_run_by_containers(graph: Graph, artifacts: frozenset[str]) -> Keepers:
    """Those that hang on others go with them, unless somebody named them."""
    for digest in sorted(artifacts):
        manifest = graph.manifests[digest]
        if manifest.tags or not graph.parents.get(digest):
            yield digest, NotContainerImage(next(iter(manifest.types), None))


def orphans(graph: Graph, evidence: Evidence) -> Keepers:
    """Referrers by tag scheme whose subject was never here: with COSIGN_REPOSITORY it lives in
    another repository."""
    for manifest in graph.manifests.values():
        for subject in manifest.tag_subjects:
            if subject not in graph.manifests and subject not in evidence.subjects_seen:
                yield manifest.digest, SubjectNeverSeen(subject)


def obscure(graph: Graph) -> list[Manifest]:
    """Indexes that could not be read and manifests of unknown type: anything may hang on them."""
    return [m for m in graph.manifests.values() if _is_obscure(m)]


def _is_obscure(manifest: Manifest) -> bool:
    return not manifest.type_is_known or (manifest.is_index and manifest.unread is not None)


def unknown(graph: Graph) -> Keepers:
    for digest in graph.tangled:
        yield digest, PartOfItself()
    obscured = obscure(graph)
    for manifest in obscured:
        yield manifest.digest, ManifestUnreadable(manifest.unread)
    for manifest in graph.manifests.values():
        if manifest.pushed_at is None:
            yield manifest.digest, NoPushTime()
        if obscured and not manifest.tags and not _is_obscure(manifest):
            yield manifest.digest, MayBelongToUnread(obscured[0].digest)


def of_unknown_use(graph: Graph, evidence: Evidence) -> Keepers:
    """A source that could not be read says nothing about usage: it could concern anything."""
    if failed := evidence.usage.failed:
        reason = UsageUnknown(tuple(scan.place for scan in failed))
        for digest in graph.manifests:
            yield digest, reason


def without_policy(graph: Graph) -> Keepers:
    for digest in graph.manifests:
        yield digest, NoPolicy()


def find_artifacts(graph: Graph, treated_like_images: Patterns) -> frozenset[str]:
    """Artifacts, and indexes of nothing else: no container runs them, so usage never shows them.

    What has a type that matches `treated_like_images` is none: the type of its config, or its own
    `artifactType`. Nor are referrers: they go where their subject goes.
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


def candidates(
    graph: Graph,
    artifacts: frozenset[str],
    last_pull: Mapping[str, datetime],
    evidence: Evidence,
) -> Candidates:
    """`artifacts` as `find_artifacts` found them, `last_pull` as `last_pulls` did."""
    renewed_at = evidence.renewed_at
    last_push = _latest_in_family(graph, lambda manifest: manifest.pushed_at)
    last_restoration = _latest_in_family(graph, lambda manifest: manifest.restored_at)
    youngest = last_push
    if renewed_at or last_restoration:
        youngest = _latest_in_family(graph, lambda manifest: young_since(manifest, renewed_at))

    def family(digest: str) -> ImageGroup:
        return ImageGroup(
            head=graph.manifests[digest],
            last_push=last_push.get(digest),
            last_restoration=last_restoration.get(digest),
            young_since=youngest.get(digest),
            last_pull=last_pull.get(digest),
        )

    def age(manifest: Manifest) -> tuple[datetime, datetime]:
        return age_key(manifest, renewed_at)

    roots = [graph.manifests[digest] for digest in graph.roots]
    tagged = [
        digest for level in graph.levels[1:] for digest in level if graph.manifests[digest].tags
    ]
    judged = [m for m in roots if m.digest not in artifacts and m.pushed_at is not None]
    builds = [manifest for manifest in judged if manifest.kind is not ManifestKind.REFERRER]
    lost_referrers = [manifest for manifest in judged if manifest.kind is ManifestKind.REFERRER]
    dependents = [graph.manifests[digest] for digest in tagged if digest not in artifacts]
    return Candidates(
        families=tuple(map(family, graph.roots)),
        tagged_dependents=tuple(map(family, tagged)),
        builds=tuple(sorted(builds, key=age, reverse=True)),
        guests=tuple(m for m in (*lost_referrers, *dependents) if m.names and m.pushed_at),
        now=evidence.now,
        renewed_at=renewed_at,
    )


def last_pulls(graph: Graph) -> Mapping[str, datetime]:
    """For every manifest when somebody last pulled it, or what hangs on it."""
    return _latest_in_family(graph, lambda manifest: manifest.pulled_at)


def _latest_in_family(
    graph: Graph, time_of: Callable[[Manifest], datetime | None]
) -> Mapping[str, datetime]:
    """For every manifest the latest time of itself and of all that hangs on it."""
    latest = {d: at for d, m in graph.manifests.items() if (at := time_of(m)) is not None}
    for level in reversed(graph.levels[1:]):
        for digest in level:
            if (at := latest.get(digest)) is not None:
                for parent in graph.parents[digest]:
                    if parent not in latest or latest[parent] < at:
                        latest[parent] = at
    return latest


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one manifest. `parent` is the nearest index or subject that is present.

    `pulled_lately`: it is to go, although somebody pulled it, or what hangs on it, in the last
    30 days: something that no source shows may need it.
    """

    manifest: Manifest
    verdict: Verdict
    parent: str | None
    reasons: tuple[Reason, ...]
    used_by: tuple[User, ...] = ()
    pulled_lately: bool = False


def judge(graph: Graph, evidence: Evidence) -> tuple[Judged, ...]:
    """One verdict for every manifest, lowest digest first."""
    policy = evidence.policy
    last_pull = last_pulls(graph)
    own: list[Iterator[tuple[str, Reason]]] = [
        pinned(graph, evidence),
        in_use(graph, evidence),
    ]
    passed_over: list[Mapping[str, NotKeptByRule]] = []
    if policy is None:
        own.append(without_policy(graph))
    else:
        artifacts = find_artifacts(graph, policy.artifact_types)
        choice = candidates(graph, artifacts, last_pull, evidence)
        own += [
            _by_rules(policy.keep, choice, passed_over),
            too_young(policy, choice),
            not_run_by_containers(graph, artifacts),
        ]
    own += [archived(graph), orphans(graph, evidence)]
    own += [unknown(graph), of_unknown_use(graph, evidence)]

    reasons: Reasons = defaultdict(list)
    for digest, reason in chain(*own):
        reasons[digest].append(reason)
    _climb(graph, reasons)
    kept = with_dependents(graph, reasons)
    judging = _Judging(graph, evidence, reasons, kept, passed_over, last_pull, Following(graph))
    return tuple(judging.verdicts())


def _by_rules(
    rules: Sequence[Rule], choice: Candidates, passed_over: list[Mapping[str, NotKeptByRule]]
) -> Iterator[tuple[str, Reason]]:
    for rule in rules:
        selection = rule.select(choice)
        passed_over.append(selection.passed_over)
        yield from selection.kept.items()


def _climb(graph: Graph, reasons: Reasons) -> None:
    """What keeps a part together with its parents is a reason for all of them."""
    climbing: dict[str, dict[RuleName, tuple[str, PropagatingReason]]] = {
        digest: {
            reason.rule: (digest, reason)
            for reason in found
            if isinstance(reason, PropagatingReason)
        }
        for digest, found in reasons.items()
    }
    upwards = chain(graph.tangled, *reversed(graph.levels[1:]))
    for digest in upwards:
        for rule, (origin, reason) in climbing.get(digest, {}).items():
            for parent in graph.parents.get(digest, ()):
                above = climbing.setdefault(parent, {})
                if rule not in above:
                    above[rule] = (origin, reason)
                    reasons[parent].append(PartKept(graph.manifests[origin].shown_name, reason))


@dataclass(frozen=True, slots=True)
class _Judging:
    """All that the verdicts are made of."""

    graph: Graph
    evidence: Evidence
    reasons: Reasons
    kept: set[str]
    passed_over: Sequence[Mapping[str, NotKeptByRule]]
    last_pull: Mapping[str, datetime]
    following: Following

    def verdicts(self) -> Iterator[Judged]:
        for digest, manifest in self.graph.manifests.items():
            parent = nearest_parent(self.graph, digest, self.kept)
            judged = self._keep if digest in self.kept else self._delete
            yield judged(manifest, parent)

    def _keep(self, manifest: Manifest, parent: str | None) -> Judged:
        reasons = self.reasons.get(manifest.digest, [])
        if parent in self.kept:
            reasons = [*reasons, self.following.reason(manifest, parent)]
        used_by = self.evidence.usage.of(manifest.digest, manifest.tags)
        return Judged(manifest, Verdict.KEEP, parent, tuple(reasons), used_by)

    def _delete(self, manifest: Manifest, parent: str | None) -> Judged:
        reason = (
            self.following.reason(manifest, parent) if parent else self._nothing_keeps(manifest)
        )
        pull = self.last_pull.get(manifest.digest)
        if pull is None or self.evidence.now - pull >= PULLED_LATELY:
            return Judged(manifest, Verdict.DELETE, parent, (reason,))
        pulled = replace(reason, pulled_at=pull)
        return Judged(manifest, Verdict.DELETE, parent, (pulled,), pulled_lately=True)

    def _nothing_keeps(self, manifest: Manifest) -> NothingKeeps:
        by_rules = (rule.get(manifest.digest) for rule in self.passed_over)
        missing_subject = None
        if manifest.kind is ManifestKind.REFERRER:
            missing_subject = manifest.subject or manifest.tag_subjects[0]
        return NothingKeeps(
            tuple(filter(None, by_rules)), missing_subject, is_tagged=bool(manifest.tags)
        )
