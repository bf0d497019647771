"""Bounds how many calls are made in a second."""

import time
from collections.abc import Callable
from threading import Lock


class CallRate:
    """Lets `per_second` calls pass in a second, in the order in which they come. After a rest, the
    calls of one second may pass at once. Thread-safe."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock`, `sleep`: in seconds."""
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._next_is_due = float("-inf")

    def wait(self) -> None:
        """Returns when the caller may make its call."""
        if (seconds := self._reserve()) > 0:
            self._sleep(seconds)

    def _reserve(self) -> float:
        """Returns the seconds until the next call is due."""
        with self._lock:
            now = self._clock()
            due = max(self._next_is_due, now - max(0.0, 1 - self._interval))
            self._next_is_due = due + self._interval
            return due - now
