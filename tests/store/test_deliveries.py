"""A delivery that Slack repeats is handled once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.store.messages import KEPT_FOR
from bot.store.store import Store, open_store
from tests.support import NOW


def test_a_repeated_delivery_is_known(store: Store) -> None:
    assert store.record_delivery("1.2.a", NOW)
    assert not store.record_delivery("1.2.a", NOW + timedelta(seconds=5))
    assert store.record_delivery("1.2.b", NOW)


def test_old_deliveries_are_deleted(store: Store) -> None:
    assert store.record_delivery("old", NOW)
    assert store.record_delivery("new", NOW + KEPT_FOR + timedelta(seconds=1))
    assert store.record_delivery("old", NOW + KEPT_FOR + timedelta(seconds=2))


def test_one_of_several_processes_handles_it(url: str) -> None:
    def hear(_: int) -> bool:
        with open_store(url) as store:
            return store.record_delivery("1.2.a", NOW)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(hear, range(6))) == [False] * 5 + [True]
