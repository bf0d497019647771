"""How the decision speaks of digests, manifests and places."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

SHORT_HEX = 12
NAMED = 3


def short(digest: str) -> str:
    """`sha256:` and the first 12 hex digits, as Docker shows them."""
    algorithm, _, rest = digest.partition(":")
    return f"{algorithm}:{rest[:SHORT_HEX]}…" if len(rest) > SHORT_HEX else digest


def named(digest: str, tags: Sequence[str]) -> str:
    """A manifest as people know it: its first tag, and its short digest."""
    return f"{tags[0]} ({short(digest)})" if tags else short(digest)


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def moment(at: datetime) -> str:
    """A UTC time to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def restoration(at: datetime) -> str:
    """How an image became young again by ECR's archive."""
    return f"restored from the archive {moment(at)}"


def first_few(names: Sequence[str]) -> str:
    """Up to three of them, and how many more."""
    more = len(names) - NAMED
    first = ", ".join(names[:NAMED])
    return f"{first} and {more:,} more" if more > 0 else first


def either(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(items[:-1]), items[-1])))


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
