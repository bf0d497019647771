"""The workspace's time, and waiting by it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from bot.playground.clock import Clock

Alarm = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class WorkspaceClock(Clock):
    """Like Clock; besides, it can run on at another time, and it wakes who waits when it moves."""

    def __init__(self) -> None:
        super().__init__()
        self._alarms: set[Alarm] = set()
        self._lock = Lock()

    def set(self, now: datetime) -> None:
        super().set(now)
        self._wake()

    def shift(self, by: timedelta) -> None:
        """Moves on by this much, and keeps running if it ran."""
        read = self._read
        self._read = lambda: read() + by
        self._wake()

    def follow_real_time(self) -> None:
        super().follow_real_time()
        self._wake()

    async def wait(self, seconds: float, done: Callable[[], bool], bell: asyncio.Event) -> bool:
        """Waits until `done`, which is asked whenever `bell` rings; tells whether it came so far.

        The time is over when so many real seconds have passed, or when this clock has moved on
        by as much: so a clock that stands still keeps nobody waiting for ever.
        """
        loop = asyncio.get_running_loop()
        real_end, end = loop.time() + seconds, self.now() + timedelta(seconds=seconds)
        alarm = (loop, bell)
        with self._lock:
            self._alarms.add(alarm)
        try:
            while not done() and self.now() < end and (left := real_end - loop.time()) > 0:
                bell.clear()
                await _ring_or_time(bell, left)
        finally:
            with self._lock:
                self._alarms.discard(alarm)
        return done()

    def _wake(self) -> None:
        with self._lock:
            alarms = tuple(self._alarms)
        for loop, bell in alarms:
            loop.call_soon_threadsafe(bell.set)


async def _ring_or_time(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
