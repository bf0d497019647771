"""The growth that a policy allows: bytes a week that its rules keep without end.

Rules with a bound (`newest`, `semver`, `pushed_within`, `pulled_within`, `min_age`) and workloads
keep about as much in a year as today. All other reasons to keep add up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from bot.core.judge import JudgedManifest
from bot.core.manifest import Blob, Manifest
from bot.core.manifest_graph import build_graph, with_dependents
from bot.core.patterns import Patterns
from bot.core.rules.selection import TagFilter
from bot.core.savings import unread_bytes
from bot.core.storage_history import WEEK
from bot.core.storage_projection import FEWEST_WEEKS, WEEKS, weekly_growth
from bot.core.verdict_reasons import KeptByTag, Pinned, Reason, RuleName, TagPatterns

_NEVER = datetime.max.replace(tzinfo=UTC)

_WITHOUT_BOUND = frozenset(
    {
        RuleName.TAGS,
        RuleName.PINNED,
        RuleName.ARTIFACT,
        RuleName.ARCHIVED,
        RuleName.ORPHAN,
        RuleName.NO_POLICY,
        RuleName.UNKNOWN,
    }
)


def policy_growth(judged: Sequence[JudgedManifest], now: datetime) -> int:
    """Bytes a week that the policy never frees, by the new blobs of the last weeks.

    A blob is new when the first manifest that has it was pushed. `judged`: a new plan's, with the
    layers of kept manifests.
    """
    manifests = [each.manifest for each in judged]
    growing = _growing_patterns(judged)
    unbounded = (j.manifest.digest for j in judged if _is_kept_without_bound(j, growing))
    kept = with_dependents(build_graph(manifests), unbounded)
    first_pushed = _first_pushed(manifests)
    weeks = _weeks_since(min(first_pushed.values(), default=now), now)
    never_freed = {blob for m in manifests if m.digest in kept for blob in _blobs(m)}
    new_bytes = [0] * weeks
    for blob in never_freed:
        pushed_at = first_pushed.get(blob.digest)
        age = (now - pushed_at) // WEEK if pushed_at else weeks
        if 0 <= age < weeks:
            new_bytes[-1 - age] += blob.size
    growth = weekly_growth(new_bytes)
    assert growth is not None
    return round(growth.expected)


def _weeks_since(first_push: datetime, now: datetime) -> int:
    """Whole weeks of the past that make the growth."""
    return min(WEEKS, max(FEWEST_WEEKS, (now - first_push) // WEEK))


def _is_kept_without_bound(
    judged: JudgedManifest, growing: Mapping[TagPatterns, TagFilter]
) -> bool:
    return any(_has_no_bound(reason, judged.manifest, growing) for reason in judged.reasons)


def _has_no_bound(
    reason: Reason, manifest: Manifest, growing: Mapping[TagPatterns, TagFilter]
) -> bool:
    if isinstance(reason, KeptByTag):
        return growing[reason.group].matches_any(manifest.tags)
    if isinstance(reason, Pinned):
        return reason.pin.until is None
    return reason.rule in _WITHOUT_BOUND


def _growing_patterns(judged: Iterable[JudgedManifest]) -> Mapping[TagPatterns, TagFilter]:
    """Of each group of tags, the globs that keep more than one image. A tag such as `latest` moves
    from image to image, and so keeps one at a time."""
    members: defaultdict[TagPatterns, list[tuple[str, ...]]] = defaultdict(list)
    for each in judged:
        for reason in each.reasons:
            if isinstance(reason, KeptByTag):
                members[reason.group].append(each.manifest.tags)
    return {group: _growing_part(group, images) for group, images in members.items()}


def _growing_part(group: TagPatterns, images: Sequence[tuple[str, ...]]) -> TagFilter:
    except_tags = Patterns(group.except_tags)
    filters = {glob: TagFilter(Patterns.of(glob), except_tags) for glob in group.tags or ("*",)}
    growing = [glob for glob, each in filters.items() if _match_several(each, images)]
    return TagFilter(Patterns.of(*growing), except_tags)


def _match_several(tags: TagFilter, images: Iterable[tuple[str, ...]]) -> bool:
    return len(list(islice(filter(tags.matches_any, images), 2))) == 2


def _first_pushed(manifests: Iterable[Manifest]) -> Mapping[str, datetime]:
    """By digest of a blob, when the first manifest that has it was pushed."""
    times: dict[str, datetime] = {}
    for manifest in manifests:
        if pushed_at := manifest.pushed_at:
            for blob in _blobs(manifest):
                if pushed_at < times.get(blob.digest, _NEVER):
                    times[blob.digest] = pushed_at
    return times


def _blobs(manifest: Manifest) -> tuple[Blob, ...]:
    """An image whose layers are unknown counts as one blob of its listed size."""
    if manifest.blobs is None:
        return (Blob(manifest.digest, unread_bytes(manifest)),)
    return manifest.blobs
