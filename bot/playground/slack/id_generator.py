"""IDs and timestamps in Slack's format."""

from collections import Counter
from datetime import datetime

from bot.playground.clock import SimulatedClock

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class IdGenerator:
    """Counts up for each prefix, so that test runs get equal IDs."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._last_timestamp = 0

    def new(self, prefix: str) -> str:
        """An ID like `C0000000001`. For message timestamps use `timestamp`."""
        return f"{prefix}{self._next(prefix):010d}"

    def short_id(self) -> str:
        """Five characters, like Slack's IDs of blocks and elements that have none."""
        number, text = self._next("short"), ""
        for _ in range(5):
            number, digit = divmod(number, len(_DIGITS))
            text = _DIGITS[digit] + text
        return text

    def timestamp(self) -> str:
        """The current time as `1700000000.000100`. All are unique and increasing."""
        self._last_timestamp = max(self._last_timestamp + 1, _microseconds(self._clock.now()))
        return f"{self._last_timestamp // 1_000_000}.{self._last_timestamp % 1_000_000:06d}"

    def _next(self, prefix: str) -> int:
        self._counts[prefix] += 1
        return self._counts[prefix]


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond
