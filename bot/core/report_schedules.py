"""When reports are due, and what became of each that came by itself."""

from collections.abc import Iterable, Iterator, Mapping
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
"""Kinds of jobs: a report, and the line that tells of those that have none of their own."""

CATCH_UP_LIMIT = timedelta(days=1)
"""A report that was missed for longer does not come any more."""

REPORT_INTERVAL = timedelta(seconds=1)
"""So that whoever asks for a report meanwhile need not wait for all of them; Slack takes about one
message a second in a channel."""

LISTING_TIMEOUT = timedelta(minutes=15)
"""With a registry that cannot be listed: then what became of the others is told without it."""

IGNORE_TAG = f"{BOT_ACTOR}:ignore"
"""A repository with this resource tag, whatever its value, has no reports by themselves."""


class ScheduledTime(NamedTuple):
    """`local`: date and time of day as the schedule has them, without a zone; `at`: in UTC."""

    local: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """`days`: numbers of weekdays, Monday is 0."""

    days: frozenset[int]
    time: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str) -> "Schedule":
        """`mon,thu 09:00` or `daily 09:00`, as the settings take it."""
        days, _, at = text.partition(" ")
        numbers = range(7) if days == DAILY else map(DAYS.index, days.split(","))
        return cls(frozenset(numbers), time.fromisoformat(at), ZoneInfo(zone))

    def between(self, after: datetime, until: datetime) -> Iterator[ScheduledTime]:
        """Those later than `after` and not later than `until`, oldest first. UTC."""
        day = (after.astimezone(self.zone) - timedelta(days=1)).date()
        last = until.astimezone(self.zone).date()
        while day <= last:
            if day.weekday() in self.days:
                occurrence = self._on(day)
                if after < occurrence.at <= until:
                    yield occurrence
            day += timedelta(days=1)

    def next(self, after: datetime) -> ScheduledTime:
        """The first one later than that."""
        return next(self.between(after, after + timedelta(days=9)))

    def last(self, after: datetime, until: datetime) -> ScheduledTime | None:
        """The newest of those between; None if there is none."""
        return max(self.between(after, until), default=None)

    def _on(self, day: date) -> ScheduledTime:
        local = datetime.combine(day, self.time)
        return ScheduledTime(local, self._instant(local))

    def _instant(self, local: datetime) -> datetime:
        """Where clocks skip that time, the first instant behind the gap; of one that comes twice,
        the first: PEP 495, fold=0."""
        shown = local
        while True:
            at = shown.replace(tzinfo=self.zone).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None) == shown:
                return at
            shown += MINUTE


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """In each of the `attempts` the worker process ended, met a bug, or had no database."""

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
"""Why a scheduled report has no plan or no message. Its `kind` is equal for failures of the same
kind."""


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """An entry of `reports`. `is_posted`: it has a channel. `min_saving`: USD a month."""

    repositories: Patterns
    schedule: Schedule
    min_saving: float
    is_posted: bool

    @property
    def name(self) -> str:
        """Stays the same whatever else of it is edited."""
        return ", ".join(self.repositories.globs)


class ReportRound(NamedTuple):
    """One time that an entry is due: `local` is the date and time of its schedule, without a zone.
    `min_saving` as it stands then, USD a month."""

    entry: str
    local: datetime
    min_saving: float


class ReportOutcome(StrEnum):
    POSTED = "posted"
    NOTHING = "nothing"
    SMALL = "small"
    LEFT_OUT = "left_out"
    FAILED = "failed"


SILENT_OUTCOMES = frozenset({ReportOutcome.POSTED, ReportOutcome.LEFT_OUT})
"""Outcomes that nobody needs to be told of."""

SUMMARIZED_OUTCOMES = frozenset({ReportOutcome.NOTHING, ReportOutcome.SMALL})
"""Outcomes of plans without a report of their own: the summary of the round names them."""


@dataclass(frozen=True, slots=True)
class ScheduledReport:
    """One repository's part in a round. `repository` is a URI; `usd`: what its plan saves a month;
    `error`: why it has no plan or no message, None unless it FAILED. `outcome` None: nothing became
    of it yet."""

    repository: str
    round: ReportRound
    outcome: ReportOutcome | None = None
    usd: float = 0.0
    error: ReportFailure | None = None

    @property
    def name(self) -> str:
        return self.repository.partition("/")[2]


class UnlistedRegistry(NamedTuple):
    """A registry that cannot be listed; `registry` is what the settings call it."""

    registry: str
    error: ErrorText


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """What of a round is told in one line. `reports`: what became of them is none that was
    posted."""

    round: ReportRound
    reports: tuple[ScheduledReport, ...]
    missed: tuple[UnlistedRegistry, ...]


def due_rounds(
    entries: Iterable[ScheduleEntry], since: datetime, now: datetime
) -> Mapping[ReportRound, ScheduleEntry]:
    """Of every entry that is posted somewhere the last time that it was due, unless that is too
    long ago, or not later than `since`: what was missed several times comes once."""
    after = max(since, now - CATCH_UP_LIMIT)
    found: dict[ReportRound, ScheduleEntry] = {}
    for entry in entries:
        last = entry.schedule.last(after, now) if entry.is_posted else None
        if last:
            found.setdefault(ReportRound(entry.name, last.local, entry.min_saving), entry)
    return found


def entry_of(repository: RepositoryId, entries: Iterable[ScheduleEntry]) -> ScheduleEntry | None:
    """The first entry that matches."""
    return next((each for each in entries if repository.matches(each.repositories)), None)


def why_not_posted(plan: Plan, min_saving: float) -> ReportOutcome | None:
    """None: it deserves a message of its own. What could not be looked at whole always does."""
    if not plan.complete:
        return None
    if not plan.delete:
        return ReportOutcome.NOTHING
    return ReportOutcome.SMALL if plan.savings.usd_per_month < min_saving else None
