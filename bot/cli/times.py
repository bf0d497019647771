"""Times on the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import click

from bot.core.durations import LAST_YEAR, end_of_day, parse_duration, parse_end
from bot.wiring import system_clock

_LAST = end_of_day(date(LAST_YEAR, 12, 31))


@dataclass(frozen=True)
class Moment(click.ParamType[datetime]):
    """`parse` reads a duration or a date, and raises ValueError or OverflowError for anything
    else."""

    name = "moment"
    parse: Callable[[str, datetime], datetime]

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        for parse in (self.parse, _parse_time):
            try:
                found = parse(value, system_clock())
            except (ValueError, OverflowError):
                continue
            if found > _LAST:
                raise click.BadParameter(f"{value!r} is beyond the year {LAST_YEAR}", ctx, param)
            return found
        raise click.BadParameter(
            f"{value!r} is no time: give a duration (30d), a date (2026-12-31) or a time "
            "(2026-12-31T18:00, UTC if no zone is given)",
            ctx,
            param,
        )


def _parse_time(text: str, _now: datetime) -> datetime:
    """Raises ValueError and OverflowError."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _parse_start(text: str, now: datetime) -> datetime:
    """A duration ago, or the first instant of a date. Raises ValueError for anything else, and
    OverflowError for a time before the year 1."""
    try:
        return now - parse_duration(text)
    except ValueError:
        return datetime.combine(date.fromisoformat(text), time(), UTC)


UNTIL = Moment(parse_end)
SINCE = Moment(_parse_start)
