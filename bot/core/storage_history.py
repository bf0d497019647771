"""What a repository stored over time: measured by scans, and reconstructed for the time before the
first scan.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from bot.core.manifest import Blob
from bot.core.plan import Plan

WEEK = timedelta(weeks=1)

RECONSTRUCTED_WEEKS = 52

_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StorageDay:
    """What a repository stored at a time, in bytes, each blob once. None: unknown.

    `in_use_bytes`: blobs of images in use, with all of their parts. `freeable_bytes`: blobs that
    only images have that the policy deletes. `policy_growth`: bytes a week that the policy never
    frees. `is_measured` False: reconstructed from push times, so only `manifests` and
    `stored_bytes` are known. UTC.
    """

    at: datetime
    manifests: int
    stored_bytes: int | None
    in_use_bytes: int | None = None
    freeable_bytes: int | None = None
    policy_growth: int | None = None
    is_measured: bool = True

    @property
    def rule_kept_bytes(self) -> int | None:
        """Blobs that rules keep, and that no image in use has."""
        if self.stored_bytes is None or self.in_use_bytes is None or self.freeable_bytes is None:
            return None
        return max(0, self.stored_bytes - self.in_use_bytes - self.freeable_bytes)


@dataclass(frozen=True, slots=True)
class RunFreed:
    """What the run of a plan freed, in bytes. `at`: its last answer, in UTC. `unconfirmed_bytes`:
    freed by deletions whose answers were lost."""

    plan: str
    at: datetime
    freed_bytes: int
    unconfirmed_bytes: int = 0

    @property
    def gone_bytes(self) -> int:
        return self.freed_bytes + self.unconfirmed_bytes


@dataclass(frozen=True, slots=True)
class ManifestLifetime:
    """From the push of a manifest to its deletion, by default never. UTC."""

    blobs: Sequence[Blob]
    pushed_at: datetime
    deleted_at: datetime = _FOREVER


def measure(plan: Plan, at: datetime, policy_growth: int) -> StorageDay:
    """`plan`: a new one, not one that was stored. An incomplete plan does not know what is in use
    and what can be deleted."""
    known = plan.complete and plan.savings.stored_bytes is not None
    return StorageDay(
        at=at,
        manifests=len(plan.judged),
        stored_bytes=plan.savings.stored_bytes,
        in_use_bytes=plan.savings.in_use_bytes if known else None,
        freeable_bytes=plan.savings.freed_bytes if known else None,
        policy_growth=policy_growth if known else None,
    )


def lifetimes_of(plan: Plan) -> Sequence[ManifestLifetime] | None:
    """Of all manifests of a new plan. None if a push time or the blobs of one are unknown."""
    manifests = [judged.manifest for judged in plan.judged]
    if plan.savings.stored_bytes is None or any(m.pushed_at is None for m in manifests):
        return None
    return [ManifestLifetime(m.blobs or (), m.pushed_at) for m in manifests if m.pushed_at]


def reconstruct(lifetimes: Iterable[ManifestLifetime], until: datetime) -> Sequence[StorageDay]:
    """One point for each week before `until`, oldest first: at most a year, and from the last week
    in which nothing was stored.

    Manifests that others deleted are unknown, so the repository may have stored more.
    """
    every = list(lifetimes)
    weeks = [until - number * WEEK for number in range(RECONSTRUCTED_WEEKS, 0, -1)]
    stored = _sums(weeks, _blob_intervals(every))
    manifests = _sums(
        weeks, (_Interval(each.pushed_at, each.deleted_at, amount=1) for each in every)
    )
    days = [
        StorageDay(at, number, held, is_measured=False)
        for at, number, held in zip(weeks, manifests, stored, strict=True)
    ]
    first = next((place for place, day in enumerate(days) if day.manifests), len(days))
    return days[max(0, first - 1) :] if every else []


@dataclass(frozen=True, slots=True)
class StorageHistory:
    """`days` and `runs`: oldest first."""

    days: Sequence[StorageDay]
    runs: Sequence[RunFreed]

    @property
    def measured_since(self) -> datetime | None:
        return next((day.at for day in self.days if day.is_measured), None)

    @property
    def freed_bytes(self) -> int:
        """By all runs so far."""
        return sum(run.freed_bytes for run in self.runs)

    def at(self, moment: datetime) -> StorageDay | None:
        """The last known state, without what runs freed since then; None before the first day."""
        place = bisect_right(self.days, moment, key=_time)
        if not place:
            return None
        last = self.days[place - 1]
        return _without(last, self._gone(last.at, moment))

    def scan_before(self, day: date) -> StorageDay | None:
        """The last scan of an earlier day that found the stored bytes."""
        scans = (each for each in reversed(self.days) if each.is_measured and each.at.date() < day)
        return next((each for each in scans if each.stored_bytes is not None), None)

    def weekly(self, until: datetime, weeks: int) -> Sequence[StorageDay]:
        """The states at the ends of these weeks and at the start of the first. Leaves out times
        before the first day."""
        marks = (until - number * WEEK for number in range(weeks, -1, -1))
        return [replace(day, at=mark) for mark in marks if (day := self.at(mark))]

    def new_bytes_by_week(self, weeks: int) -> Sequence[int]:
        """The new blob bytes of each whole week before the last scan, oldest first, at most this
        many. Between two scans, they are spread evenly. Deletions by others count as less new
        bytes, but never as less than 0."""
        pushed = [
            (day.at, day.stored_bytes + self._gone(None, day.at))
            for day in self.days
            if day.stored_bytes is not None
        ]
        if not pushed:
            return []
        (first, _), (last, _) = pushed[0], pushed[-1]
        whole = min(weeks, (last - first) // WEEK)
        marks = [last - number * WEEK for number in range(whole, -1, -1)]
        totals = [_interpolated(pushed, mark) for mark in marks]
        return [max(0, after - before) for before, after in pairwise(totals)]

    def _gone(self, after: datetime | None, until: datetime) -> int:
        """Bytes that runs freed after one time, until another."""
        first = bisect_right(self.runs, after, key=_time) if after else 0
        return sum(
            run.gone_bytes for run in self.runs[first : bisect_right(self.runs, until, key=_time)]
        )


def _time(each: StorageDay | RunFreed) -> datetime:
    return each.at


def _without(day: StorageDay, gone_bytes: int) -> StorageDay:
    if not gone_bytes or day.stored_bytes is None:
        return day
    freeable = day.freeable_bytes
    return replace(
        day,
        stored_bytes=max(0, day.stored_bytes - gone_bytes),
        freeable_bytes=None if freeable is None else max(0, freeable - gone_bytes),
    )


def _interpolated(points: Sequence[tuple[datetime, int]], at: datetime) -> int:
    """`at` is within the times of `points`."""
    place = bisect_left(points, at, key=lambda point: point[0])
    (end, after) = points[place]
    if end == at:
        return after
    (start, before) = points[place - 1]
    return before + round((after - before) * ((at - start) / (end - start)))


class _Interval(NamedTuple):
    """`amount`: what counts from `start`, until before `end`."""

    start: datetime
    end: datetime
    amount: int


def _sums(times: Sequence[datetime], intervals: Iterable[_Interval]) -> Sequence[int]:
    """For each time, in ascending order, the sum over the intervals that contain it."""
    changes = [0] * (len(times) + 1)
    for start, end, amount in intervals:
        changes[bisect_left(times, start)] += amount
        changes[bisect_left(times, end)] -= amount
    return list(accumulate(changes[:-1]))


def _blob_intervals(lifetimes: Iterable[ManifestLifetime]) -> Iterator[_Interval]:
    """When each blob was stored: while at least one manifest had it."""
    sizes: dict[str, int] = {}
    first_push: defaultdict[str, dict[datetime, datetime]] = defaultdict(dict)
    for each in lifetimes:
        for blob in each.blobs:
            sizes[blob.digest] = blob.size
            by_end = first_push[blob.digest]
            by_end[each.deleted_at] = min(each.pushed_at, by_end.get(each.deleted_at, _FOREVER))
    for digest, by_end in first_push.items():
        for start, end in _merged(sorted((start, end) for end, start in by_end.items())):
            yield _Interval(start, end, sizes[digest])


def _merged(
    spans: Iterable[tuple[datetime, datetime]],
) -> Sequence[tuple[datetime, datetime]]:
    """`spans`: by start. Joins those that overlap or touch."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
