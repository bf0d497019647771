"""When tags came to images and left them. ECR tells only when an image was pushed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.manifest import Manifest
from bot.core.records import PastTagBinding, TagBinding, TagScan
from bot.core.usage import HISTORY_REQUIRED, ImageUsers, PastTagUser, TagRun, TagRuns, sorted_users

CLOCKS_DIFFER = timedelta(hours=1)
"""At most, unless one of them is wrong."""

START_CLOCKS_DIFFER = timedelta(minutes=1)
"""At most: this machine's, and the one that tells when a workload started."""


def scan_tags(
    last: TagScan | None,
    manifests: Iterable[Manifest],
    now: datetime,
    listed_by: datetime | None = None,
) -> TagScan:
    """What is known of the tags now. The first scan knows of no change, nor does one after a scan
    by a clock that was ahead.

    `now`: before the manifests were listed. `listed_by`: after that, `now` if it is None. A tag may
    move in between.
    """
    listed_by = listed_by or now
    present = sorted(manifests, key=lambda manifest: manifest.digest)
    if last is None or last.at > now + CLOCKS_DIFFER:
        first = {tag: TagBinding(m.digest, None) for m in present for tag in m.tags}
        return TagScan(now, first, lost={}, known_since=listed_by)
    bindings = {tag: _binding(last, tag, m, now, listed_by) for m in present for tag in m.tags}
    return TagScan(
        at=now,
        bindings=bindings,
        lost=dict(_lost(last, present, now)),
        past=_past(last, bindings, {manifest.digest for manifest in present}, listed_by),
        known_since=last.reaches_back_to,
    )


def retagged_at(scan: TagScan) -> Mapping[str, datetime]:
    """By digest when a tag last came to an image, or when it lost its last one."""
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
    came_with_the_push = manifest.pushed_at is not None and manifest.pushed_at > last.at
    since = None if came_with_the_push else now
    return TagBinding(manifest.digest, since, came_after=last.at, came_by=listed_by)


def _past(
    last: TagScan, bindings: Mapping[str, TagBinding], present: AbstractSet[str], gone_by: datetime
) -> tuple[PastTagBinding, ...]:
    """What is gone now goes before what the tag left earlier: of a tag that comes and goes between
    two images only the last time is known."""
    past = {(each.tag, each.digest): each for each in last.past}
    for tag, binding in last.bindings.items():
        now_there = bindings.get(tag)
        if now_there is None or now_there.digest != binding.digest:
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
    """Who runs what a tag named before its history begins."""

    tag: str
    run: TagRun


@dataclass(frozen=True, slots=True)
class PastTagUsers:
    """`users`: by the digest of each image that had the tag since they started. `unknown`: of whom
    the history tells less than must be known."""

    users: ImageUsers
    unknown: tuple[UnknownTagRun, ...]


def find_past_tag_users(
    scan: TagScan, runs: TagRuns, manifests: Iterable[Manifest]
) -> PastTagUsers:
    """`scan`: the tags as they are now, with their history."""
    past: defaultdict[str, list[PastTagBinding]] = defaultdict(list)
    for binding in scan.past:
        past[binding.tag].append(binding)
    pushed = manifests if runs else ()
    pushes = _Timeline((each.pushed_at, each.digest) for each in pushed if each.pushed_at)
    users: defaultdict[str, set[PastTagUser]] = defaultdict(set)
    for tag, of_tag in runs.items():
        now = scan.bindings.get(tag)
        for digest, used_by, certain in _carriers(now, past[tag], of_tag, pushes):
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


def _carriers(
    now: TagBinding | None,
    past: Sequence[PastTagBinding],
    runs: Collection[TagRun],
    pushes: "_Timeline",
) -> Iterator[tuple[str, str, bool]]:
    """Images that lost the tag after the start, each with who may run it, and whether it is certain
    that it had the tag. Where the tag moved between two scans, and a workload started in between,
    also what was pushed in between: it may have had the tag in passing."""
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
        meanwhile = frozenset(starts.between(after - 2 * START_CLOCKS_DIFFER, by))
        for digest in pushes.between(after, by) if meanwhile else ():
            if digest != binding.digest:
                yield from ((digest, used_by, False) for used_by in meanwhile)


def _oldest(runs: Iterable[TagRun]) -> Mapping[str, datetime]:
    """When the first run of each workload started: a workload may have thousands of tasks."""
    oldest: dict[str, datetime] = {}
    for run in runs:
        start = _start(run)
        oldest[run.used_by] = min(start, oldest.get(run.used_by, start))
    return oldest


def _start(run: TagRun) -> datetime:
    """The earliest time by our clock at which it may have started."""
    return run.unresolved.since - START_CLOCKS_DIFFER


class _Timeline:
    """What happened when. Looking up a span of time costs O(log n)."""

    def __init__(self, events: Iterable[tuple[datetime, str]]) -> None:
        ordered = sorted(events)
        self._times = [at for at, _ in ordered]
        self._names = [name for _, name in ordered]

    def between(self, after: datetime, by: datetime) -> Sequence[str]:
        first, end = (bisect_right(self._times, each) for each in (after, by))
        return self._names[first:end]
