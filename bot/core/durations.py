"""Durations and ends as people write them: `30s`, `5m`, `24h`, `30d`; `2026-12-31`."""

import re
from datetime import UTC, date, datetime, time, timedelta

LAST_YEAR = 9998
"""Of an end. The first instant of the next year is a time in every time zone."""

_FORM = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Raises ValueError for anything but a whole number and one of s, m, h, d."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{text!r} is no duration: write 30s, 5m, 24h or 30d")
    number, unit = form.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def duration_in_words(duration: timedelta) -> str:
    """The shortest of the forms that `parse_duration` reads."""
    seconds = int(duration.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def end_of_day(day: date) -> datetime:
    """The first instant of the next day in UTC, since an end includes the day it names. Raises
    ValueError for a day after LAST_YEAR."""
    if day.year > LAST_YEAR:
        raise ValueError(f"{day} is after the year {LAST_YEAR}")
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def parse_end(text: str, now: datetime) -> datetime:
    """A duration counts from `now`, a date ends with its day. Raises ValueError for anything
    else."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return end_of_day(date.fromisoformat(text))
