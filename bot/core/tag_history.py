"""The history of tags, from one scan to the next. ECR records only when an image was pushed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.manifest import Manifest
from bot.core.records import PastTagBinding, TagBinding, TagScan
from bot.core.usage import HISTORY_REQUIRED, ImageUsers, PastTagUser, TagRun, TagRuns, sorted_users

CLOCKS_DIFFER = timedelta(hours=1)
"""The maximum difference between two clocks that are set right."""

START_CLOCKS_DIFFER = timedelta(minutes=1)
"""The maximum difference between this clock and the one behind a workload's start time."""


def scan_tags(
    last: TagScan | None,
    manifests: Iterable[Manifest],
    now: datetime,
    listed_by: datetime | None = None,
) -> TagScan:
    """The tags now, with their history. Starts a new history if there was no scan, or if the clock
    of the last scan was ahead.

    `now`: before the manifests were listed. `listed_by`: afterwards; None: `now`. A tag may move in
    between.
    """
    listed_by = listed_by or now
    present = sorted(manifests, key=lambda manifest: manifest.digest)
    sizes = {manifest.digest: manifest.size_bytes for manifest in present}
    tagged = [(tag, manifest) for manifest in present for tag in manifest.tags]
    if last is None or last.at > now + CLOCKS_DIFFER:
        first = {tag: _with_facts(TagBinding(m.digest, None), m, sizes) for tag, m in tagged}
        return TagScan(now, first, lost={}, known_since=listed_by)
    bindings = {
        tag: _with_facts(_binding(last, tag, m, now, listed_by), m, sizes) for tag, m in tagged
    }
    return TagScan(
        at=now,
        bindings=bindings,
        lost=dict(_lost(last, present, now)),
        past=_past(last, bindings, {manifest.digest for manifest in present}, listed_by),
        known_since=last.reaches_back_to,
    )


def retagged_at(scan: TagScan) -> Mapping[str, datetime]:
    """By digest, when the image last got a tag, or lost its last one."""
    latest = dict(scan.lost)
    for binding in scan.bindings.values():
        if binding.since is not None:
            known = latest.get(binding.digest, binding.since)
            latest[binding.digest] = max(known, binding.since)
    return latest


def _binding(
    last: TagScan, tag: str, manifest: Manifest, now: datetime, listed_by: datetime
) -> TagBinding:
    known = last.bindings.get(tag)
    if known is not None and known.digest == manifest.digest:
        return known
    is_part_of_push = manifest.pushed_at is not None and manifest.pushed_at > last.at
    since = None if is_part_of_push else now
    return TagBinding(manifest.digest, since, came_after=last.at, came_by=listed_by)


def _with_facts(binding: TagBinding, manifest: Manifest, sizes: Mapping[str, int]) -> TagBinding:
    """`sizes`: of all manifests, by digest. ECR lists an index with the size of one child."""
    size_bytes = manifest.size_bytes
    if manifest.is_index:
        size_bytes = sum(sizes.get(child, 0) for child in manifest.children)
    return replace(binding, pushed_at=manifest.pushed_at, size_bytes=size_bytes)


def _past(
    last: TagScan, bindings: Mapping[str, TagBinding], present: AbstractSet[str], gone_by: datetime
) -> tuple[PastTagBinding, ...]:
    """Keeps one binding per tag and digest: the last time that the tag left the image."""
    past = {(each.tag, each.digest): each for each in last.past}
    for tag, binding in last.bindings.items():
        current = bindings.get(tag)
        if current is None or current.digest != binding.digest:
            left = PastTagBinding(tag, binding.digest, gone_by, binding.came_after, binding.came_by)
            past[tag, binding.digest] = left
    return tuple(past[key] for key in sorted(past) if key[1] in present)


def _lost(
    last: TagScan, present: Iterable[Manifest], now: datetime
) -> Iterator[tuple[str, datetime]]:
    had_tags = {binding.digest for binding in last.bindings.values()}
    for digest in (manifest.digest for manifest in present if not manifest.tags):
        if digest in had_tags:
            yield digest, now
        elif digest in last.lost:
            yield digest, last.lost[digest]


class UnknownTagRun(NamedTuple):
    """A workload that started before the history of its tag starts."""

    tag: str
    run: TagRun


@dataclass(frozen=True, slots=True)
class PastTagUsers:
    """`users`: by digest, the workloads that started before their tag left this image. `unknown`:
    workloads that started before the history, and whose images must be known."""

    users: ImageUsers
    unknown: tuple[UnknownTagRun, ...]


def find_past_tag_users(
    scan: TagScan, runs: TagRuns, manifests: Iterable[Manifest]
) -> PastTagUsers:
    """`scan`: the tags now, with their history."""
    past: defaultdict[str, list[PastTagBinding]] = defaultdict(list)
    for binding in scan.past:
        past[binding.tag].append(binding)
    pushed = manifests if runs else ()
    pushes = _Timeline((each.pushed_at, each.digest) for each in pushed if each.pushed_at)
    users: defaultdict[str, set[PastTagUser]] = defaultdict(set)
    for tag, of_tag in runs.items():
        now = scan.bindings.get(tag)
        for digest, used_by, certain in _images_with_tag(now, past[tag], of_tag, pushes):
            users[digest].add(PastTagUser(used_by, tag, certain))
    unknown = (
        UnknownTagRun(tag, run)
        for tag, of_tag in runs.items()
        for run in of_tag
        if run.unresolved.runner in HISTORY_REQUIRED and _start(run) < scan.reaches_back_to
    )
    return PastTagUsers(
        users={digest: sorted_users(found) for digest, found in users.items()},
        unknown=tuple(sorted(unknown)),
    )


def _images_with_tag(
    now: TagBinding | None,
    past: Sequence[PastTagBinding],
    runs: Collection[TagRun],
    pushes: "_Timeline",
) -> Iterator[tuple[str, str, bool]]:
    """Images that lost the tag after a workload started: the digest, the workload, and whether the
    image certainly had the tag. If a tag moved between two scans, and a workload started in
    between, also the images that were pushed in between: they may have had the tag for a while."""
    oldest = _oldest(runs)
    starts = _Timeline((_start(run), run.used_by) for run in runs)
    for binding in past:
        for used_by, since in oldest.items():
            if since < binding.gone_by:
                yield binding.digest, used_by, True
    for binding in (*past, *([now] if now else ())):
        after, by = binding.came_after, binding.came_by
        if after is None or by is None:
            continue
        started = frozenset(starts.between(after - 2 * START_CLOCKS_DIFFER, by))
        for digest in pushes.between(after, by) if started else ():
            if digest != binding.digest:
                yield from ((digest, used_by, False) for used_by in started)


def _oldest(runs: Iterable[TagRun]) -> Mapping[str, datetime]:
    """By workload, the start of its oldest run: a workload may have thousands of tasks."""
    oldest: dict[str, datetime] = {}
    for run in runs:
        start = _start(run)
        oldest[run.used_by] = min(start, oldest.get(run.used_by, start))
    return oldest


def _start(run: TagRun) -> datetime:
    """The earliest possible start, by this clock."""
    return run.unresolved.since - START_CLOCKS_DIFFER


class _Timeline:
    """Events by time. Finds those of a time span in O(log n)."""

    def __init__(self, events: Iterable[tuple[datetime, str]]) -> None:
        ordered = sorted(events)
        self._times = [at for at, _ in ordered]
        self._names = [name for _, name in ordered]

    def between(self, after: datetime, by: datetime) -> Sequence[str]:
        first, end = (bisect_right(self._times, each) for each in (after, by))
        return self._names[first:end]
