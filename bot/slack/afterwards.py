"""Listeners begin once Slack has its acknowledgements: they would keep those that come in behind
them from being acknowledged, since threads of Python take turns."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

LULL = 0.1
"""Seconds without an acknowledgement, after which no more are taken to come just now. With them, of
200 at once the slowest mostly took a third to a half of the time (tried)."""

LONGEST = 0.5
"""Seconds that a listener waits at most: windows have to open within three."""

P = ParamSpec("P")
T = TypeVar("T")


class Afterwards(ThreadPoolExecutor):
    """`note` says that something was acknowledged."""

    def __init__(self, at_once: int, lull: float = LULL) -> None:
        super().__init__(at_once, thread_name_prefix="listener")
        self._lull = lull
        self._noted_at = time.monotonic()

    def note(self) -> None:
        self._noted_at = time.monotonic()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Waiting counts from here, so that those who wait for a thread do not wait twice."""
        self.note()
        return super().submit(self._after_a_lull, time.monotonic() + LONGEST, fn, *args, **kwargs)

    def _after_a_lull(
        self, latest: float, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        while (left := min(self._noted_at + self._lull, latest) - time.monotonic()) > 0:
            time.sleep(left)
        return fn(*args, **kwargs)
