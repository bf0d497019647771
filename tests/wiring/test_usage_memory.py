"""What sources listed last, where a store came later than the manifest cache."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.records import EventName
from bot.ports import Doubted, WorkloadCount
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store, open_store
from bot.wiring.usage_memory import SharedMemory
from tests.store.support import event
from tests.support import NOW

MANY, FEW = WorkloadCount(10, NOW - timedelta(days=1)), WorkloadCount(1, NOW)
DOUBTED = Doubted("ecs", "here", FEW, MANY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def test_a_new_store_knows_what_the_cache_knew(store: Store, cache: SqliteManifestCache) -> None:
    cache.believe("ecs", "here", MANY)
    memory = SharedMemory(store, cache)
    assert memory.last_listed("ecs", "here") == MANY
    memory.doubt(DOUBTED)
    assert memory.last_listed("ecs", "here") == MANY
    assert memory.doubted() == [DOUBTED]


def test_what_was_doubted_before_can_be_confirmed(store: Store, cache: SqliteManifestCache) -> None:
    cache.believe("ecs", "here", MANY)
    cache.doubt(DOUBTED)
    memory = SharedMemory(store, cache)
    assert not memory.confirm(DOUBTED._replace(listed=MANY), None)
    assert memory.confirm(DOUBTED, event(EventName.CONFIRMED_USAGE))
    assert memory.doubted() == []
    assert {each.last_listed("ecs", "here") for each in (store, cache, memory)} == {FEW}
    assert not memory.confirm(DOUBTED, None)
    assert memory.confirmations("ecs", "here") == store.confirmations("ecs", "here") != []


def test_what_the_store_doubts_goes_first(store: Store, cache: SqliteManifestCache) -> None:
    cache.believe("ecs", "here", MANY)
    cache.doubt(DOUBTED)
    memory = SharedMemory(store, cache)
    store.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
    assert not memory.confirm(DOUBTED, None)
    assert memory.confirm(DOUBTED._replace(listed=WorkloadCount(0, NOW)), None)


def test_the_store_goes_first(store: Store, cache: SqliteManifestCache) -> None:
    store.believe("ecs", "here", MANY)
    cache.believe("ecs", "here", FEW)
    assert SharedMemory(store, cache).last_listed("ecs", "here") == MANY


def test_a_lost_store_is_no_reason_to_believe(store: Store, cache: SqliteManifestCache) -> None:
    SharedMemory(store, cache).believe("ecs", "here", MANY)
    assert cache.last_listed("ecs", "here") == MANY
