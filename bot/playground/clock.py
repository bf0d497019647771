"""A stand-in's own time."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Real UTC time until it is set; then it stands still until it is advanced."""

    def __init__(self) -> None:
        self._read: Callable[[], datetime] = _real_time

    def now(self) -> datetime:
        return self._read()

    def set(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the clock needs a time with a time zone")
        instant = now.astimezone(UTC)
        self._read = lambda: instant

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)

    def follow_real_time(self) -> None:
        self._read = _real_time


def _real_time() -> datetime:
    return datetime.now(UTC)
