"""A new store gets the usage counts from the time before there was a store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap.storage import Storage, open_storage_with
from bot.core.records import AuditEventName
from bot.core.workload_counts import DoubtedUsage, WorkloadCount
from bot.store.store import Store, open_store
from tests.store.support import event
from tests.support import NOW

MANY, FEW = WorkloadCount(10, NOW - timedelta(days=1)), WorkloadCount(1, NOW)
DOUBTED = DoubtedUsage("ecs", "here", FEW, MANY)


@pytest.fixture
def store(environment: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{environment / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def without_store(environment: Path) -> Iterator[Storage]:
    del environment
    with open_storage_with(None) as memory:
        yield memory


def test_a_new_store_gets_earlier_usage_counts(store: Store, without_store: Storage) -> None:
    without_store.scans.usage.accept("ecs", "here", MANY)
    with open_storage_with(store) as memory:
        assert memory.scans.usage.history("ecs", "here").last == MANY
    assert store.history("ecs", "here").last == MANY


def test_a_new_store_gets_the_counts_of_8_days(store: Store, without_store: Storage) -> None:
    before = MANY._replace(at=NOW - timedelta(days=2), workloads=90)
    for each in (before, MANY, FEW):
        without_store.scans.usage.accept("ecs", "here", each)
    moved = without_store.scans.usage.history("ecs", "here")
    assert moved.recent == (before, MANY, FEW)
    with open_storage_with(store) as memory:
        assert memory.scans.usage.history("ecs", "here") == moved
    assert without_store.scans.usage.history("ecs", "here").recent == ()


def test_an_earlier_doubt_can_be_confirmed(store: Store, without_store: Storage) -> None:
    without_store.scans.usage.accept("ecs", "here", MANY)
    without_store.scans.usage.doubt(DOUBTED)
    with open_storage_with(store) as memory:
        assert memory.scans.usage.doubted() == [DOUBTED]
        assert memory.scans.usage.confirm(DOUBTED, event(AuditEventName.CONFIRMED_USAGE))
    assert store.history("ecs", "here").last == FEW


def test_counts_of_the_store_win(store: Store, without_store: Storage) -> None:
    store.accept("ecs", "here", MANY)
    store.doubt(DOUBTED)
    without_store.scans.usage.accept("ecs", "here", FEW)
    without_store.scans.usage.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
    with open_storage_with(store) as memory:
        assert memory.scans.usage.history("ecs", "here").last == MANY
        assert memory.scans.usage.doubted() == [DOUBTED]


def test_a_doubt_about_another_number_is_not_moved(store: Store, without_store: Storage) -> None:
    store.accept("ecs", "here", FEW)
    without_store.scans.usage.accept("ecs", "here", MANY)
    without_store.scans.usage.doubt(DOUBTED)
    with open_storage_with(store) as memory:
        assert memory.scans.usage.doubted() == []


def test_counts_are_in_one_place(store: Store, without_store: Storage) -> None:
    without_store.scans.usage.accept("ecs", "here", MANY)
    with open_storage_with(store) as memory:
        memory.scans.usage.accept("ecs", "here", FEW)
    assert without_store.scans.usage.history("ecs", "here").last is None
    with open_storage_with(store) as memory:
        assert memory.scans.usage.history("ecs", "here").last == FEW
