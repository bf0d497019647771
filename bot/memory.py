"""How Python looks after its memory."""

import gc
import time
from threading import Lock

_PAUSE = 20
"""Times the length of a collection, at least, until the next: looking through a large plan that is
in memory takes up to a second, during which no other thread runs."""


def expect_many_lasting_objects() -> None:
    """A large plan is a million small objects that refer to each other in no circle: looking for
    circles among them again and again took half of the time. A process that does many jobs calls
    `collect_garbage` besides: Python itself hardly ever collects older objects any more."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def collect_garbage() -> None:
    """After a job, or every minute: frees objects that nothing refers to any more. It takes at most
    a twentieth of the time: a call soon after another does nothing. May be called by several
    threads."""
    _collection.run()


class _Collection:
    def __init__(self) -> None:
        self._lock = Lock()
        self._not_before = 0.0

    def run(self) -> None:
        with self._lock:
            began = time.monotonic()
            if began < self._not_before:
                return
            gc.collect()
            ended = time.monotonic()
            self._not_before = ended + _PAUSE * (ended - began)


_collection = _Collection()
