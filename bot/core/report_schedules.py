"""Schedules of reports, and the outcomes of scheduled reports."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from bot.core.errors import ErrorText
from bot.core.patterns import Patterns
from bot.core.plan import Plan
from bot.core.records import BOT_ACTOR
from bot.core.repository import RepositoryId

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
MINUTE = timedelta(minutes=1)

REPORT_JOB, SUMMARY_JOB = "due", "rest"
"""Kinds of jobs: one report, and the summary of a round."""

CATCH_UP_LIMIT = timedelta(days=1)
"""A report that is more than a day late is dropped."""

REPORT_INTERVAL = timedelta(milliseconds=100)
"""Between the reports of a round, so that rounds that are due together take turns."""

LISTING_TIMEOUT = timedelta(minutes=15)
"""How long the summary of a round waits for a registry that cannot be listed."""

ROUND_TIMEOUT = timedelta(minutes=15)
"""How long reports that are ready wait for others of their round after the last one was planned."""

IGNORE_TAG = f"{BOT_ACTOR}:ignore"
"""A repository with this resource tag, with any value, gets no scheduled reports."""


class ScheduledTime(NamedTuple):
    """`local`: date and time in the schedule's time zone, without the zone. `at`: in UTC."""

    local: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """`days`: weekday numbers; Monday is 0."""

    days: frozenset[int]
    time: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str) -> "Schedule":
        """`mon,thu 09:00` or `daily 09:00`, as in the settings."""
        days, _, at = text.partition(" ")
        numbers = range(7) if days == DAILY else map(DAYS.index, days.split(","))
        return cls(frozenset(numbers), time.fromisoformat(at), ZoneInfo(zone))

    def between(self, after: datetime, until: datetime) -> Iterator[ScheduledTime]:
        """Times later than `after` and not later than `until`, oldest first. UTC."""
        day = (after.astimezone(self.zone) - timedelta(days=1)).date()
        last = until.astimezone(self.zone).date()
        while day <= last:
            if day.weekday() in self.days:
                occurrence = self._on(day)
                if after < occurrence.at <= until:
                    yield occurrence
            day += timedelta(days=1)

    def next(self, after: datetime) -> ScheduledTime:
        """The first time later than `after`."""
        return next(self.between(after, after + timedelta(days=9)))

    def last(self, after: datetime, until: datetime) -> ScheduledTime | None:
        """The last time in `between(after, until)`; None if there is none."""
        return max(self.between(after, until), default=None)

    def _on(self, day: date) -> ScheduledTime:
        local = datetime.combine(day, self.time)
        return ScheduledTime(local, self._instant(local))

    def _instant(self, local: datetime) -> datetime:
        """If clocks skip the time: the first instant after the gap. If it occurs twice: the first
        (PEP 495, fold=0)."""
        shown = local
        while True:
            at = shown.replace(tzinfo=self.zone).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None) == shown:
                return at
            shown += MINUTE


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """In each of the `attempts`, the worker stopped, had an internal error, or had no database."""

    attempts: int

    @property
    def kind(self) -> object:
        return self


@dataclass(frozen=True, slots=True)
class NotDoneWithinADay:
    """`last`: the error of the last attempt."""

    last: ErrorText

    @property
    def kind(self) -> object:
        return NotDoneWithinADay, self.last.kind


JobFailure: TypeAlias = TooManyAttempts | NotDoneWithinADay

ReportFailure: TypeAlias = JobFailure | ErrorText
"""Why a scheduled report has no plan or no message. `kind` is equal for failures of the same
kind."""


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """An entry of `reports`. `min_saving`: USD a month. `channel`: None if it has no reports.
    `digest_over`: with more plans to decide on, a round is one digest."""

    repositories: Patterns
    schedule: Schedule
    min_saving: float
    channel: str | None
    digest_over: int

    @property
    def name(self) -> str:
        """Does not change when other keys of the entry change."""
        return ", ".join(self.repositories.texts)

    @property
    def is_posted(self) -> bool:
        return self.channel is not None


class ReportRound(NamedTuple):
    """All reports of one entry at one scheduled time. `local`: as in `ScheduledTime`. `min_saving`:
    the setting at that time, in USD a month."""

    entry: str
    local: datetime
    min_saving: float


def requested_round(entry: ScheduleEntry, now: datetime) -> ReportRound:
    """A round that a user requests now. Its local time, in UTC, has seconds: a scheduled one has
    none, so they are told apart. Two requests in the same second are the same round."""
    local = now.replace(tzinfo=None, microsecond=0, second=now.second or 1)
    return ReportRound(entry.name, local, entry.min_saving)


class ReportOutcome(StrEnum):
    """READY: planned. Its round posts it, alone or in a digest."""

    READY = "ready"
    POSTED = "posted"
    NOTHING = "nothing"
    SMALL = "small"
    LEFT_OUT = "left_out"
    FAILED = "failed"


SILENT_OUTCOMES = frozenset({ReportOutcome.POSTED, ReportOutcome.LEFT_OUT})
"""Outcomes that the summary omits."""

SUMMARIZED_OUTCOMES = frozenset({ReportOutcome.NOTHING, ReportOutcome.SMALL})
"""Outcomes of plans that are not posted; the summary lists them."""


@dataclass(frozen=True, slots=True)
class ScheduledReport:
    """The report of one repository in a round. `repository` is a URI. `usd`: savings of its plan a
    month. `error`: only if the outcome is FAILED. `outcome` is None while it is pending. `plan`: of
    a report that is READY or POSTED, or that is LEFT_OUT since people had decided on it."""

    repository: str
    round: ReportRound
    outcome: ReportOutcome | None = None
    usd: float = 0.0
    error: ReportFailure | None = None
    plan: str | None = None

    @property
    def name(self) -> str:
        return self.repository.partition("/")[2]


class UnlistedRegistry(NamedTuple):
    """A registry that cannot be listed. `registry`: its name in the settings."""

    registry: str
    error: ErrorText


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """What a round posts. `reports`: those that were not posted yet. `missed`: registries that
    could not be listed."""

    round: ReportRound
    reports: tuple[ScheduledReport, ...]
    missed: tuple[UnlistedRegistry, ...]

    @property
    def ready(self) -> Sequence[ScheduledReport]:
        return [each for each in self.reports if each.outcome is ReportOutcome.READY]


def due_rounds(
    entries: Iterable[ScheduleEntry], since: datetime, now: datetime
) -> Mapping[ReportRound, ScheduleEntry]:
    """The last round of each entry with a channel, if it is later than `since` and within
    `CATCH_UP_LIMIT`. If several rounds were missed, only the last is due."""
    after = max(since, now - CATCH_UP_LIMIT)
    found: dict[ReportRound, ScheduleEntry] = {}
    for entry in entries:
        last = entry.schedule.last(after, now) if entry.is_posted else None
        if last:
            found.setdefault(ReportRound(entry.name, last.local, entry.min_saving), entry)
    return found


def entry_named(name: str, entries: Iterable[ScheduleEntry]) -> ScheduleEntry | None:
    """None if the settings have changed since."""
    return next((each for each in entries if each.name == name), None)


def entry_of(repository: RepositoryId, entries: Iterable[ScheduleEntry]) -> ScheduleEntry | None:
    """The first entry that matches."""
    return next((each for each in entries if repository.matches(each.repositories)), None)


def why_not_posted(plan: Plan, min_saving: float) -> ReportOutcome | None:
    """None if the plan gets a message. Incomplete plans always get one."""
    if not plan.complete:
        return None
    if not plan.delete:
        return ReportOutcome.NOTHING
    return ReportOutcome.SMALL if plan.savings.usd_per_month < min_saving else None
