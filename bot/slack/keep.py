"""Answers that stand for a while."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from bot.core.errors import RequestError, ServiceError

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")
Error = RequestError | ServiceError


@dataclass(slots=True)
class _Kept(Generic[Answer]):
    """An answer, or what went wrong instead. Seconds of a clock that never goes back."""

    lock: Lock = field(default_factory=Lock)
    answer: Answer | None = None
    error: Error | None = None
    until: float = 0.0


class Keep(Generic[Key, Answer]):
    """Threads that ask for the same at the same time ask once. `seconds`: how long an answer
    stands; `seconds_of_errors`: how long nobody asks again after a failure."""

    def __init__(
        self,
        ask: Callable[[Key], Answer],
        seconds: float,
        seconds_of_errors: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._seconds_of_errors = seconds_of_errors
        self._clock = clock
        self._kept: dict[Key, _Kept[Answer]] = {}
        self._lock = Lock()

    def get(self, key: Key) -> Answer:
        """Raises what asking raises."""
        with self._lock:
            self._forget_old()
            kept = self._kept.setdefault(key, _Kept())
        with kept.lock:
            if self._clock() >= kept.until:
                self._renew(kept, key)
            if kept.error:
                raise kept.error
            return kept.answer  # type: ignore[return-value]  # it was asked for

    def _renew(self, kept: _Kept[Answer], key: Key) -> None:
        try:
            kept.answer, kept.error = self._ask(key), None
            kept.until = self._clock() + self._seconds
        except (RequestError, ServiceError) as error:
            kept.answer, kept.error = None, error
            kept.until = self._clock() + self._seconds_of_errors

    def _forget_old(self) -> None:
        now = self._clock()
        for key in [key for key, kept in self._kept.items() if 0 < kept.until <= now]:
            if not self._kept[key].lock.locked():
                del self._kept[key]
