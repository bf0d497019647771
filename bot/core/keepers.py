"""Everything that keeps a manifest in its own right, beside the settings' rules."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.core.durations import duration_in_words
from bot.core.evidence import Evidence
from bot.core.graph import Graph
from bot.core.manifest import Manifest, Status
from bot.core.pins import PinBoard
from bot.core.policy import Policy
from bot.core.reasons import Reason, RuleName
from bot.core.rules import Candidates, Family
from bot.core.words import first_few, moment, renewal, restoration, short

Keepers = Iterator[tuple[str, Reason]]


def pinned(graph: Graph, evidence: Evidence) -> Keepers:
    board = PinBoard(evidence.pins, evidence.now)
    for manifest in graph.manifests.values():
        for pin in board.of(manifest):
            yield manifest.digest, Reason(RuleName.PINNED, pin.words)


def in_use(graph: Graph, evidence: Evidence) -> Keepers:
    for manifest in graph.manifests.values():
        if users := evidence.usage.of(manifest.digest, manifest.tags):
            yield manifest.digest, Reason(RuleName.IN_USE, f"is in use by {first_few(users)}")


def too_young(policy: Policy, candidates: Candidates) -> Keepers:
    """A multi-arch push uploads children before their index, so age spares the untagged too."""
    for family in candidates.families:
        since = family.young_since
        if since is not None and candidates.now - since < policy.min_age:
            what = _what_made_it_young(family, since, candidates.renewed_at)
            detail = f"{what}, less than {duration_in_words(policy.min_age)} ago"
            yield family.head.digest, Reason(RuleName.MIN_AGE, detail)


def _what_made_it_young(family: Family, since: datetime, renewed_at: Mapping[str, datetime]) -> str:
    head = family.head
    if since == head.pushed_at:
        return f"pushed {moment(since)}"
    if since == head.restored_at:
        return restoration(since)
    if since == renewed_at.get(head.digest):
        return renewal(head.tags, since)
    if since == family.last_push:
        return f"what hangs on it was pushed {moment(since)}"
    if since == family.last_restoration:
        return f"what hangs on it was {restoration(since)}"
    return f"what hangs on it got a tag, or lost its last one, {moment(since)}"


def archived(graph: Graph) -> Keepers:
    for manifest in graph.manifests.values():
        if manifest.status != Status.ACTIVE:
            being = "archived" if manifest.status == Status.ARCHIVED else "being restored"
            yield manifest.digest, Reason(RuleName.ARCHIVED, f"is {being}, and left alone")


def not_run_by_containers(graph: Graph, artifacts: frozenset[str]) -> Keepers:
    """Those that hang on others go with them, unless somebody named them."""
    for digest in sorted(artifacts):
        manifest = graph.manifests[digest]
        if manifest.tags or not graph.parents.get(digest):
            kind = next(iter(manifest.types), "an index of artifacts")
            detail = f"is no container image ({kind}), so no source of usage could show its use"
            yield digest, Reason(RuleName.ARTIFACT, detail)


def orphans(graph: Graph, evidence: Evidence) -> Keepers:
    """Referrers by tag scheme whose subject was never here: with COSIGN_REPOSITORY it lives in
    another repository."""
    for manifest in graph.manifests.values():
        for subject in manifest.tag_subjects:
            if subject not in graph.manifests and subject not in evidence.subjects_seen:
                detail = (
                    f"is about {short(subject)}, which was never seen in this repository "
                    "and may live in another"
                )
                yield manifest.digest, Reason(RuleName.ORPHAN, detail)


def obscure(graph: Graph) -> list[Manifest]:
    """Indexes that could not be read and manifests of unknown type: anything may hang on them."""
    return [m for m in graph.manifests.values() if _is_obscure(m)]


def _is_obscure(manifest: Manifest) -> bool:
    return not manifest.type_is_known or (manifest.is_index and manifest.unread is not None)


def unknown(graph: Graph) -> Keepers:
    for digest in graph.tangled:
        detail = "leads back to itself through what it lists or is about"
        yield digest, Reason(RuleName.UNKNOWN, detail)
    obscured = obscure(graph)
    for manifest in obscured:
        yield manifest.digest, Reason(RuleName.UNKNOWN, f"could not be read: {manifest.unread}")
    for manifest in graph.manifests.values():
        if manifest.pushed_at is None:
            yield manifest.digest, Reason(RuleName.UNKNOWN, "has no push time in ECR's answer")
        if obscured and not manifest.tags and not _is_obscure(manifest):
            detail = (
                f"has no tag, and may hang on {short(obscured[0].digest)}, which could not be read"
            )
            yield manifest.digest, Reason(RuleName.UNKNOWN, detail)


def of_unknown_use(graph: Graph, evidence: Evidence) -> Keepers:
    """A source that could not be read says nothing about usage: it could concern anything."""
    if failed := evidence.usage.failed:
        sources = first_few([f"{look.source} ({look.scope})" for look in failed])
        reason = Reason(RuleName.UNKNOWN, f"may be in use: {sources} does not tell")
        for digest in graph.manifests:
            yield digest, reason


def without_policy(graph: Graph) -> Keepers:
    for digest in graph.manifests:
        yield digest, Reason(RuleName.NO_POLICY, "no policy in the settings covers this repository")
