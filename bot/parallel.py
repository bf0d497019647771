"""Calls side by side."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
