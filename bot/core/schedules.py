"""When reports are due: local days and a time of day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
MINUTE = timedelta(minutes=1)


class Occurrence(NamedTuple):
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

    def between(self, after: datetime, until: datetime) -> Iterator[Occurrence]:
        """Those later than `after` and not later than `until`, oldest first. UTC."""
        day = (after.astimezone(self.zone) - timedelta(days=1)).date()
        last = until.astimezone(self.zone).date()
        while day <= last:
            if day.weekday() in self.days:
                occurrence = self._on(day)
                if after < occurrence.at <= until:
                    yield occurrence
            day += timedelta(days=1)

    def next(self, after: datetime) -> Occurrence:
        """The first one later than that."""
        return next(self.between(after, after + timedelta(days=9)))

    def last(self, after: datetime, until: datetime) -> Occurrence | None:
        """The newest of those between; None if there is none."""
        return max(self.between(after, until), default=None)

    def _on(self, day: date) -> Occurrence:
        local = datetime.combine(day, self.time)
        return Occurrence(local, self._instant(local))

    def _instant(self, local: datetime) -> datetime:
        """Where clocks skip that time, the first instant behind the gap; of one that comes twice,
        the first: PEP 495, fold=0."""
        shown = local
        while True:
            at = shown.replace(tzinfo=self.zone).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None) == shown:
                return at
            shown += MINUTE
