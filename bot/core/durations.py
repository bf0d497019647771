"""Durations as people write them: `30s`, `5m`, `24h`, `30d`."""

import re
from datetime import timedelta

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
