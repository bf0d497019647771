"""Ids and timestamps in Slack's form."""

from collections import Counter
from datetime import datetime

from bot.playground.clock import Clock

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Ids:
    """Ids count upwards by their prefix, so that a failing test shows the same ones again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._last_stamp = 0

    def new(self, prefix: str) -> str:
        """Like `C0000000001`; for messages' timestamps use `stamp`."""
        return f"{prefix}{self._next(prefix):010d}"

    def short(self) -> str:
        """What Slack gives to a block or an element that came without an id: five characters."""
        number, text = self._next("short"), ""
        for _ in range(5):
            number, digit = divmod(number, len(_DIGITS))
            text = _DIGITS[digit] + text
        return text

    def stamp(self) -> str:
        """The time now as `1700000000.000100`; no two are the same, and later ones are greater."""
        self._last_stamp = max(self._last_stamp + 1, _microseconds(self._clock.now()))
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    def _next(self, prefix: str) -> int:
        self._counts[prefix] += 1
        return self._counts[prefix]


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond
