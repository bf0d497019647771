"""Workload counts of usage sources, in the manifest cache and in the store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.core.records import AuditEventName
from bot.ports import DoubtedUsage, UsageConfirmation, WorkloadCount, WorkloadCountMemory
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store
from bot.store.tables import UsageListedRow
from tests.store.support import event
from tests.support import NOW

MANY, FEW = WorkloadCount(10, NOW - timedelta(days=1)), WorkloadCount(2, NOW)


@pytest.fixture(params=["cache", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def memory(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[WorkloadCountMemory]:
    if kind == "cache":
        with SqliteManifestCache(tmp_path / "manifests.db") as cache:
            yield cache
    else:
        yield request.getfixturevalue("store")


def test_an_empty_memory(memory: WorkloadCountMemory) -> None:
    assert memory.last_listed("ecs", "here") is None
    assert list(memory.doubted()) == []
    assert not memory.confirm(doubted(), None)


def test_a_believed_number_is_returned(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.accept("ecs", "there", FEW)
    assert memory.last_listed("ecs", "here") == MANY
    assert memory.last_listed("ecs", "there") == FEW
    assert memory.last_listed("lambda", "here") is None


def test_the_last_number_counts(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.accept("ecs", "here", FEW)
    assert memory.last_listed("ecs", "here") == FEW


def doubted(source: str = "ecs", scope: str = "here", listed: WorkloadCount = FEW) -> DoubtedUsage:
    return DoubtedUsage(source, scope, listed, MANY)


def test_a_doubted_number_is_not_believed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted(listed=WorkloadCount(3, NOW)))
    memory.doubt(doubted())
    assert memory.last_listed("ecs", "here") == MANY
    assert list(memory.doubted()) == [doubted()]


def test_a_confirmed_number_is_believed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted())
    assert memory.confirm(doubted(), None)
    assert memory.last_listed("ecs", "here") == FEW
    assert list(memory.doubted()) == []
    assert not memory.confirm(doubted(), None)
    assert memory.confirmations("ecs", "here") in ([], ())


def test_another_number_is_not_confirmed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted(listed=WorkloadCount(0, NOW)))
    assert not memory.confirm(doubted(), None)
    assert memory.last_listed("ecs", "here") == MANY
    assert list(memory.doubted()) == [doubted(listed=WorkloadCount(0, NOW))]


def test_the_same_number_of_another_scan_is_confirmed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted(listed=WorkloadCount(2, NOW + timedelta(hours=6))))
    assert memory.confirm(doubted(), None)


def test_a_believed_number_deletes_the_doubted_one(memory: WorkloadCountMemory) -> None:
    memory.doubt(doubted())
    memory.accept("ecs", "here", MANY)
    assert list(memory.doubted()) == []


def test_doubted_numbers_are_sorted(memory: WorkloadCountMemory) -> None:
    for source, scope in [("lambda", "b"), ("ecs", "b"), ("lambda", "B"), ("ecs", "a")]:
        memory.doubt(doubted(source, scope))
    assert [(each.source, each.scope) for each in memory.doubted()] == [
        ("ecs", "a"),
        ("ecs", "b"),
        ("lambda", "B"),
        ("lambda", "b"),
    ]


# who confirmed a number: only in the store


def test_a_confirmation_is_stored_with_its_audit_event(store: Store) -> None:
    first = event(AuditEventName.CONFIRMED_USAGE, by="U1")
    second = replace(first, by="U2", at=NOW + timedelta(days=1))
    none = DoubtedUsage("ecs", "here", WorkloadCount(0, NOW + timedelta(days=1)), FEW)
    for each, confirmed in [(doubted(), first), (none, second)]:
        store.doubt(each)
        assert store.confirm(each, confirmed)
    assert store.confirmations("ecs", "here") == [
        UsageConfirmation(doubted(), "U1", NOW),
        UsageConfirmation(none, "U2", NOW + timedelta(days=1)),
    ]
    assert store.confirmations("ecs", "there") == []
    assert list(store.events()) == [first, second]


def test_a_refused_confirmation_is_not_stored(store: Store) -> None:
    store.doubt(doubted())
    assert not store.confirm(doubted(listed=MANY), event(AuditEventName.CONFIRMED_USAGE))
    assert store.confirmations("ecs", "here") == []
    assert list(store.events()) == []


def test_rows_of_an_older_version_have_no_number_to_compare_with(store: Store) -> None:
    store.accept("ecs", "here", MANY)
    row = {"source": "ecs", "scope": "here", "is_believed": False} | FEW._asdict()
    with store._database.writing() as session:
        session.execute(insert(UsageListedRow), row)
    assert store.doubted() == [doubted()]
