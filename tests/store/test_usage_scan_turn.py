"""One worker at a time makes the regular scan of usage."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from bot.core.records import UsageScanTurn
from bot.store.store import Store, open_store
from tests.support import NOW

EVERY, LEASE = timedelta(hours=6), timedelta(minutes=3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def take(store: Store, now: datetime = NOW) -> UsageScanTurn | None:
    return store.take_usage_scan("here", now, EVERY, LEASE)


def taken(store: Store, now: datetime = NOW) -> UsageScanTurn:
    turn = take(store, now)
    assert turn
    return turn


def test_the_first_scan_is_due_at_once(store: Store) -> None:
    assert taken(store) == UsageScanTurn(1, NOW + LEASE)
    assert take(store, NOW + MINUTE) is None


def test_the_next_scan_is_due_at_its_time(store: Store) -> None:
    assert store.finish_usage_scan(taken(store), NOW + EVERY)
    assert take(store, NOW + EVERY - MINUTE) is None
    assert taken(store, NOW + EVERY).attempt == 2


def test_a_worker_that_died_loses_the_turn(store: Store) -> None:
    lost = taken(store)
    assert store.renew_usage_scan(lost, NOW + 2 * LEASE)
    assert take(store, NOW + 2 * LEASE - MINUTE) is None
    heir = taken(store, NOW + 2 * LEASE)
    assert not store.renew_usage_scan(lost, NOW + 9 * LEASE)
    assert not store.finish_usage_scan(lost, NOW + EVERY)
    assert store.finish_usage_scan(heir, NOW + EVERY)
    assert not store.renew_usage_scan(heir, NOW + 9 * LEASE)


def test_another_clock_may_be_ahead_by_minutes(store: Store) -> None:
    ahead = NOW + 5 * MINUTE
    turn = taken(store, ahead)
    assert take(store, NOW + MINUTE) is None
    store.finish_usage_scan(turn, ahead + EVERY)
    assert take(store, NOW + EVERY) is None
    assert take(store, ahead + EVERY)


@pytest.mark.parametrize("wrong", [DAY, 5 * 365 * DAY])
def test_times_far_ahead_are_wrong(wrong: timedelta, store: Store) -> None:
    """A worker with a wrong clock that died, and one that finished."""
    taken(store, NOW - HOUR)
    turn = taken(store, NOW + wrong)
    heir = taken(store, NOW)
    assert not store.finish_usage_scan(turn, NOW)
    store.finish_usage_scan(heir, NOW + wrong + EVERY)
    assert take(store, NOW + MINUTE)


@pytest.mark.parametrize("replicas", [1, 2])
def test_several_workers_at_once(replicas: int, url: str) -> None:
    """One of them takes the first turn, and one each later turn."""
    with ExitStack() as stack:
        stores = [stack.enter_context(open_store(url)) for _ in range(replicas)]
        for round_ in range(5):
            (turn,) = at_once(stores, NOW + round_ * EVERY)
            assert turn.attempt == round_ + 1
            assert stores[-1].finish_usage_scan(turn, NOW + (round_ + 1) * EVERY)


def at_once(stores: Sequence[Store], now: datetime, workers: int = 8) -> Sequence[UsageScanTurn]:
    """The turns that they get."""
    start = Barrier(workers)

    def ask(number: int) -> UsageScanTurn | None:
        start.wait(60)
        return take(stores[number % len(stores)], now)

    with ThreadPoolExecutor(workers) as pool:
        return [turn for turn in pool.map(ask, range(workers)) if turn]
