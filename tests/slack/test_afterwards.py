"""Listeners wait for acknowledgements, but not for long."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bot.slack.afterwards import LONGEST, LULL, Afterwards

if TYPE_CHECKING:
    from concurrent.futures import Future


@pytest.fixture
def executor() -> Iterator[Afterwards]:
    with Afterwards(2) as executor:
        yield executor


def test_it_begins_after_a_lull(executor: Afterwards) -> None:
    start = time.monotonic()
    began = executor.submit(time.monotonic)
    last = start
    while last < start + 3 * LULL:
        time.sleep(LULL / 10)
        last = time.monotonic()
        executor.note()
    assert last + LULL <= began.result() + 0.005


def test_it_begins_at_last(executor: Afterwards) -> None:
    start = time.monotonic()
    began = executor.submit(time.monotonic)
    _note_until_done(executor, began)
    assert began.result() >= start + LONGEST


def test_those_behind_others_wait_no_second_time() -> None:
    with Afterwards(1) as executor:
        start = time.monotonic()
        executor.submit(time.monotonic)
        behind = executor.submit(time.monotonic)
        _note_until_done(executor, behind)
    assert start + LONGEST <= behind.result() < start + 2 * LONGEST


def _note_until_done(executor: Afterwards, work: "Future[float]") -> None:
    end = time.monotonic() + 20
    while not work.done():
        assert time.monotonic() < end
        executor.note()
        time.sleep(LULL / 10)


def test_what_it_raises(executor: Afterwards) -> None:
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()
