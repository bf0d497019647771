"""Everything that keeps a manifest in its own right, beside the settings' rules."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.core.evidence import Evidence
from bot.core.graph import Graph
from bot.core.manifest import ImageStatus, Manifest
from bot.core.pins import PinBoard
from bot.core.policy import Policy
from bot.core.reasons import (
    AgeEvent,
    AgeStart,
    Archived,
    CouldNotBeRead,
    InACircle,
    InUse,
    MayBelongToUnread,
    NoContainerImage,
    NoPolicy,
    NoPushTime,
    Pinned,
    Reason,
    SubjectNeverSeen,
    TooYoung,
    UsageUnknown,
)
from bot.core.rules import Candidates, ImageGroup, age_event

Keepers = Iterator[tuple[str, Reason]]


def pinned(graph: Graph, evidence: Evidence) -> Keepers:
    board = PinBoard(evidence.pins, evidence.now)
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
            yield digest, NoContainerImage(next(iter(manifest.types), None))


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
        yield digest, InACircle()
    obscured = obscure(graph)
    for manifest in obscured:
        yield manifest.digest, CouldNotBeRead(manifest.unread)
    for manifest in graph.manifests.values():
        if manifest.pushed_at is None:
            yield manifest.digest, NoPushTime()
        if obscured and not manifest.tags and not _is_obscure(manifest):
            yield manifest.digest, MayBelongToUnread(obscured[0].digest)


def of_unknown_use(graph: Graph, evidence: Evidence) -> Keepers:
    """A source that could not be read says nothing about usage: it could concern anything."""
    if failed := evidence.usage.failed:
        reason = UsageUnknown(tuple(look.place for look in failed))
        for digest in graph.manifests:
            yield digest, reason


def without_policy(graph: Graph) -> Keepers:
    for digest in graph.manifests:
        yield digest, NoPolicy()
