"""The growth that a policy allows.

Rules with a bound (`newest`, `semver`, `pushed_within`, `pulled_within`, `used_within`, `min_age`)
and workloads keep about as much in a year as today, once `newest` and `pushed_within` have reached
their bound. So does `newest` with `per` and `active_within`. Without `active_within`, each group
that ends adds its newest. All other reasons to keep add up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import TypeGuard

from bot.core.judge import JudgedManifest
from bot.core.manifest import Blob, Manifest
from bot.core.manifest_graph import ManifestGraph, build_graph, with_dependents
from bot.core.patterns import Patterns
from bot.core.rules.selection import TagFilter
from bot.core.savings import unread_bytes
from bot.core.storage_history import WEEK
from bot.core.storage_projection import FEWEST_WEEKS, WEEKS, WEEKS_PER_YEAR, weekly_growth
from bot.core.verdict_reasons import (
    AmongNewest,
    AmongNewestVersions,
    CapturedGroup,
    KeptByTag,
    NewestGroup,
    Pinned,
    PushedRecently,
    Reason,
    RuleName,
    TagPatterns,
)
from bot.core.version_tags import METADATA, VersionLine

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
    """How many more bytes the policy keeps each week, as the mean of the next year, by the new
    blobs of the last weeks.

    A blob is new when the first manifest that has it was pushed. `judged`: a new plan's, with the
    layers of kept manifests.
    """
    graph = build_graph(each.manifest for each in judged)
    past = _Past(graph, now)
    never_ending = _Unbounded(
        _growing_patterns(judged), _growing_versions(judged), _ended_groups(judged, now)
    )
    unbounded = never_ending.kept_by(judged)
    never_freed = past.blobs_of(unbounded)
    rules = [*_unreached_newest(judged, past), *_unreached_ages(judged, past)]
    until_then = past.blobs_of(chain.from_iterable(rule.digests for rule in rules)) - never_freed
    part_of_year = min(1.0, max((rule.weeks for rule in rules), default=0.0) / WEEKS_PER_YEAR)
    return round(past.weekly_growth(never_freed) + past.weekly_growth(until_then) * part_of_year)


class _Past:
    """The last whole weeks since the first push: how many, and which blobs were new in each."""

    def __init__(self, graph: ManifestGraph, now: datetime) -> None:
        self.now = now
        self._graph = graph
        self._first_pushed = _first_pushed(graph.manifests.values())
        first_push = min(self._first_pushed.values(), default=now)
        self.age = now - first_push
        self.weeks = min(WEEKS, max(FEWEST_WEEKS, self.age // WEEK))

    def blobs_of(self, digests: Iterable[str]) -> set[Blob]:
        """Those of the manifests and their parts."""
        manifests = map(self._graph.manifests.__getitem__, with_dependents(self._graph, digests))
        return {blob for manifest in manifests for blob in _blobs(manifest)}

    def weekly_growth(self, blobs: Iterable[Blob]) -> float:
        new_bytes = [0] * self.weeks
        for blob in blobs:
            pushed_at = self._first_pushed.get(blob.digest)
            if self.includes(pushed_at):
                new_bytes[-1 - (self.now - pushed_at) // WEEK] += blob.size
        growth = weekly_growth(new_bytes)
        assert growth is not None
        return growth.expected

    def includes(self, time: datetime | None) -> TypeGuard[datetime]:
        return time is not None and 0 <= (self.now - time) // WEEK < self.weeks


@dataclass(frozen=True, slots=True)
class _UnreachedBound:
    """A rule that keeps every new image for some more weeks. `digests`: those that it keeps now."""

    digests: Sequence[str]
    weeks: float


def _unreached_newest(judged: Iterable[JudgedManifest], past: _Past) -> Iterator[_UnreachedBound]:
    kept: defaultdict[tuple[TagPatterns, int], list[Manifest]] = defaultdict(list)
    for each in judged:
        for reason in each.reasons:
            match reason:
                case AmongNewest(_, of, TagPatterns() as group, by_own_tag=False):
                    kept[group, of].append(each.manifest)
    for (_, count), images in kept.items():
        pushed_a_week = sum(past.includes(each.pushed_at) for each in images) / past.weeks
        if len(images) < count and pushed_a_week:
            digests = [each.digest for each in images]
            yield _UnreachedBound(digests, (count - len(images)) / pushed_a_week)


def _unreached_ages(judged: Iterable[JudgedManifest], past: _Past) -> Iterator[_UnreachedBound]:
    kept: defaultdict[timedelta, list[str]] = defaultdict(list)
    for each in judged:
        for reason in each.reasons:
            if isinstance(reason, PushedRecently) and past.age < reason.within:
                kept[reason.within].append(each.manifest.digest)
    for within, digests in kept.items():
        yield _UnreachedBound(digests, (within - past.age) / WEEK)


@dataclass(frozen=True, slots=True)
class _Unbounded:
    """What rules never free. `growing`: of each group of tags, the part that keeps more than one
    image. `versions`: those that several builds share, as in `1.4.2_b7f3a21`. `ended`: the groups
    of `per` that get no more images, and that no `active_within` ends."""

    growing: Mapping[TagPatterns, TagFilter]
    versions: frozenset[tuple[VersionLine, str]]
    ended: Set[NewestGroup]

    def kept_by(self, judged: Iterable[JudgedManifest]) -> Iterator[str]:
        for each in judged:
            if any(self._keeps(reason, each.manifest) for reason in each.reasons):
                yield each.manifest.digest

    def _keeps(self, reason: Reason, manifest: Manifest) -> bool:
        match reason:
            case KeptByTag(_, group):
                return self.growing[group].matches_any(manifest.tags)
            case AmongNewest():
                return reason.group in self.ended
            case Pinned(pin):
                return pin.until is None
            case AmongNewestVersions():
                is_limited = reason.minors is not None and reason.patches is not None
                return not is_limited or _without_metadata(reason) in self.versions
            case _:
                return reason.rule in _WITHOUT_BOUND


def _ended_groups(judged: Iterable[JudgedManifest], now: datetime) -> Set[NewestGroup]:
    """A branch without a new image for a week will get no more, and keeps the ones that it has.
    Those of a branch that is still active are replaced."""
    youngest: dict[NewestGroup, datetime] = {}
    for each in judged:
        for reason in each.reasons:
            match reason:
                case AmongNewest(_, _, CapturedGroup(active_within=None) as group):
                    pushed_at = each.manifest.pushed_at or now
                    youngest[group] = max(pushed_at, youngest.get(group, pushed_at))
    return {group for group, pushed_at in youngest.items() if pushed_at < now - WEEK}


def _growing_versions(judged: Iterable[JudgedManifest]) -> frozenset[tuple[VersionLine, str]]:
    builds = Counter(
        _without_metadata(reason)
        for each in judged
        for reason in each.reasons
        if isinstance(reason, AmongNewestVersions) and METADATA in reason.version
    )
    return frozenset(version for version, number in builds.items() if number > 1)


def _without_metadata(reason: AmongNewestVersions) -> tuple[VersionLine, str]:
    return reason.line, reason.version.partition(METADATA)[0]


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
    """An image whose layers are unknown has one blob of its listed size."""
    if manifest.blobs is None:
        return (Blob(manifest.digest, unread_bytes(manifest)),)
    return manifest.blobs
