"""Finds which images workloads may run whose tag has moved, where nobody tells their digest."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.manifest import Manifest
from bot.core.records import Binding, PastBinding, TagScan
from bot.core.usage import MUST_BE_KNOWN, PastTagUser, TagRun, TagRuns, Users, sorted_users

CLOCKS_DIFFER = timedelta(minutes=1)
"""At most: this machine's, and the one that tells when a workload started."""


class UnknownRun(NamedTuple):
    """Who runs what a tag named before its history begins."""

    tag: str
    run: TagRun


@dataclass(frozen=True, slots=True)
class PastTags:
    """`users`: by the digest of each image that had the tag since they started. `unknown`: of whom
    the history tells less than must be known."""

    users: Users
    unknown: tuple[UnknownRun, ...]


def find_past_tags(scan: TagScan, runs: TagRuns, manifests: Iterable[Manifest]) -> PastTags:
    """`scan`: the tags as they are now, with their history."""
    past: defaultdict[str, list[PastBinding]] = defaultdict(list)
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
        UnknownRun(tag, run)
        for tag, of_tag in runs.items()
        for run in of_tag
        if run.unresolved.runner in MUST_BE_KNOWN and _start(run) < scan.reaches_back_to
    )
    return PastTags(
        users={digest: sorted_users(found) for digest, found in users.items()},
        unknown=tuple(sorted(unknown)),
    )


def _carriers(
    now: Binding | None,
    past: Sequence[PastBinding],
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
        meanwhile = frozenset(starts.between(after - 2 * CLOCKS_DIFFER, by))
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
    return run.unresolved.since - CLOCKS_DIFFER


class _Timeline:
    """What happened when. Looking up a span of time costs O(log n)."""

    def __init__(self, events: Iterable[tuple[datetime, str]]) -> None:
        ordered = sorted(events)
        self._times = [at for at, _ in ordered]
        self._names = [name for _, name in ordered]

    def between(self, after: datetime, by: datetime) -> Sequence[str]:
        first, end = (bisect_right(self._times, each) for each in (after, by))
        return self._names[first:end]
