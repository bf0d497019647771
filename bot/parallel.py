"""Calls side by side, calls that do not hinder each other, and items in batches."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import TypeVar

CALLS_AT_ONCE = 8

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_parallel(call: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """The answers in order. An item is taken only when its call is about to start."""
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


def each_for_itself(deeds: Iterable[Callable[[], object]]) -> None:
    """One after the other: what goes wrong with one keeps none of the others back. Raises the first
    failure in the end."""
    failure: Exception | None = None
    for deed in deeds:
        try:
            deed()
        except Exception as error:  # noqa: BLE001 - raised below
            failure = failure or error
    if failure:
        raise failure


@contextmanager
def meanwhile(
    call: Callable[[], object], every: timedelta, ignoring: tuple[type[Exception], ...]
) -> Iterator[None]:
    """Calls it again and again in another thread. `ignoring`: what may go wrong, since whoever is
    concerned finds it out otherwise."""
    over = Event()

    def repeat() -> None:
        while not over.wait(every.total_seconds()):
            with suppress(*ignoring):
                call()

    thread = Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
