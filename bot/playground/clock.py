"""The simulated time of a stand-in."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class SimulatedClock:
    """Real UTC time until it is set. A set clock changes only by `advance` or another `set`."""

    def __init__(self) -> None:
        self._read: Callable[[], datetime] = _real_time

    def now(self) -> datetime:
        return self._read()

    def set(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the time has no time zone: give one, such as UTC")
        instant = now.astimezone(UTC)
        self._read = lambda: instant

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)

    def follow_real_time(self) -> None:
        self._read = _real_time


def _real_time() -> datetime:
    return datetime.now(UTC)
