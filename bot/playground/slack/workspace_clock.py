"""The simulated time of the workspace, with timeouts that follow it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from bot.playground.clock import SimulatedClock

Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class WorkspaceClock(SimulatedClock):
    """A SimulatedClock that can run with an offset, and that wakes waiting tasks on changes."""

    def __init__(self) -> None:
        super().__init__()
        self._waiters: set[Waiter] = set()
        self._lock = Lock()

    def set(self, now: datetime) -> None:
        super().set(now)
        self._wake()

    def shift(self, by: timedelta) -> None:
        """Moves the time by `by`. A running clock keeps running."""
        read = self._read
        self._read = lambda: read() + by
        self._wake()

    def follow_real_time(self) -> None:
        super().follow_real_time()
        self._wake()

    async def wait(self, seconds: float, done: Callable[[], bool], wake: asyncio.Event) -> bool:
        """Waits until `done` returns true. Checks it each time `wake` is set. Returns its result.

        Times out after `seconds` of real time or of this clock, whichever is first. A stopped clock
        therefore blocks no task.
        """
        loop = asyncio.get_running_loop()
        real_end, end = loop.time() + seconds, self.now() + timedelta(seconds=seconds)
        waiter = (loop, wake)
        with self._lock:
            self._waiters.add(waiter)
        try:
            while not done() and self.now() < end and (left := real_end - loop.time()) > 0:
                wake.clear()
                await _wait_for_event(wake, left)
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return done()

    def _wake(self) -> None:
        with self._lock:
            waiters = tuple(self._waiters)
        for loop, wake in waiters:
            loop.call_soon_threadsafe(wake.set)


async def _wait_for_event(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return
