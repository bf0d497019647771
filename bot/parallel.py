"""Helpers for threads: parallel calls, background calls and cached answers."""

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

from bot.core.errors import RequestError, ServiceError

CALLS_AT_ONCE = 8

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Self = TypeVar("Self")

Key = TypeVar("Key", bound=Hashable)

Value = TypeVar("Value")


def in_parallel(call: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """Yields the answers in order. Takes an item only when its call is about to start."""
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        for item in items:
            waiting.append(pool.submit(call, item))
            if len(waiting) >= CALLS_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def in_batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def call_all(calls: Iterable[Callable[[], object]]) -> None:
    """Makes all calls, one after another, even if some fail. Then raises the first failure."""
    failure: Exception | None = None
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - raised below
            failure = failure or error
    if failure:
        raise failure


@contextmanager
def repeat_in_background(
    call: Callable[[], object], every: timedelta, ignoring: tuple[type[Exception], ...]
) -> Iterator[None]:
    """Repeats the call in another thread until the context ends. `ignoring`: errors that the caller
    detects in another way."""
    is_over = Event()

    def repeat() -> None:
        while not is_over.wait(every.total_seconds()):
            with suppress(*ignoring):
                call()

    thread = Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def cached_method(ask: Callable[[Self], Answer]) -> Callable[[Self], Answer]:
    """Caches the answer of a method without arguments, or its ServiceError, as long as the object
    lives: a refused or throttled call is not repeated for each repository. Other threads wait for
    the first call."""
    name = f"_answer_of_{ask.__name__}"

    @wraps(ask)
    def answer(self: Self) -> Answer:
        known: dict[str, Any] = vars(self)
        with known.setdefault(f"{name}_lock", Lock()):
            if name not in known:
                try:
                    known[name] = ask(self)
                except ServiceError as error:
                    known[name] = error
        found = known[name]
        if isinstance(found, ServiceError):
            raise copy(found) from found
        cached: Answer = found
        return cached

    return answer


@dataclass(slots=True)
class _CacheEntry(Generic[Value]):
    """A value or an error. `until`: in seconds of a monotonic clock."""

    lock: Lock = field(default_factory=Lock)
    value: Value | None = None
    error: RequestError | ServiceError | None = None
    until: float = 0.0


class ExpiringCache(Generic[Key, Value]):
    """Loads each value once for all threads. Keeps a value for `seconds`, and an error for
    `seconds_of_errors`."""

    def __init__(
        self,
        load: Callable[[Key], Value],
        seconds: float,
        seconds_of_errors: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._seconds_of_errors = seconds_of_errors
        self._clock = clock
        self._entries: dict[Key, _CacheEntry[Value]] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Value:
        """Raises what `load` raises."""
        with self._lock:
            self._remove_expired()
            entry = self._entries.setdefault(key, _CacheEntry())
        with entry.lock:
            if self._clock() >= entry.until:
                self._renew(entry, key)
            if entry.error:
                raise entry.error
            return entry.value  # type: ignore[return-value]  # it is loaded

    def _renew(self, entry: _CacheEntry[Value], key: Key) -> None:
        try:
            entry.value, entry.error = self._load(key), None
            entry.until = self._clock() + self._seconds
        except (RequestError, ServiceError) as error:
            entry.value, entry.error = None, error
            entry.until = self._clock() + self._seconds_of_errors

    def _remove_expired(self) -> None:
        now = self._clock()
        for key in [key for key, entry in self._entries.items() if 0 < entry.until <= now]:
            if not self._entries[key].lock.locked():
                del self._entries[key]
