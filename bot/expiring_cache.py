"""A cache whose entries expire."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from bot.core.errors import RequestError, ServiceError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _CacheEntry(Generic[Value]):
    """A value or an error. `until`: in seconds of a monotonic clock."""

    lock: Lock = field(default_factory=Lock)
    value: Value | None = None
    error: RequestError | ServiceError | None = None
    until: float = 0.0


class ExpiringCache(Generic[Key, Value]):
    """Loads a value once for threads that need it at the same time. Keeps a value for `seconds`, an
    error for `seconds_of_errors`."""

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
