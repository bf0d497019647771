"""Times on the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import click

from bot.core.durations import parse_duration
from bot.wiring import system_clock

_LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""A time in every time zone, as what follows is not."""


@dataclass(frozen=True)
class Moment(click.ParamType[datetime]):
    """`from_now`: what a duration means; `from_day`: what the first instant of a day does."""

    name = "moment"
    from_now: Callable[[datetime, timedelta], datetime]
    from_day: Callable[[datetime], datetime]

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        for read in (self._duration, self._day, _time):
            try:
                found = read(value)
            except (ValueError, OverflowError):
                continue
            if found > _LAST:
                raise click.BadParameter(f"{value!r} is beyond the year 9998", ctx, param)
            return found
        raise click.BadParameter(
            f"{value!r} is no time: give a duration (30d), a date (2026-12-31) or a time "
            "(2026-12-31T18:00, UTC if no zone is given)",
            ctx,
            param,
        )

    def _duration(self, value: str) -> datetime:
        return self.from_now(system_clock(), parse_duration(value))

    def _day(self, value: str) -> datetime:
        return self.from_day(datetime.combine(date.fromisoformat(value), time(), UTC))


def _time(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


UNTIL = Moment(lambda now, duration: now + duration, lambda day: day + timedelta(days=1))
"""A day is meant to its end."""

SINCE = Moment(lambda now, duration: now - duration, lambda day: day)
