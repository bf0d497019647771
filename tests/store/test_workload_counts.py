"""Workload counts of usage sources, in the manifest cache and in the store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.core.records import AuditEventName
from bot.core.workload_counts import DoubtedUsage, UsageConfirmation, WorkloadCount
from bot.ports import WorkloadCountMemory
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
    assert memory.history("ecs", "here").last is None
    assert list(memory.doubted()) == []
    assert not memory.confirm(doubted(), None)


def test_a_believed_number_is_returned(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.accept("ecs", "there", FEW)
    assert memory.history("ecs", "here").last == MANY
    assert memory.history("ecs", "there").last == FEW
    assert memory.history("lambda", "here").last is None


def test_the_last_number_counts(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.accept("ecs", "here", FEW)
    assert memory.history("ecs", "here").last == FEW


def doubted(source: str = "ecs", scope: str = "here", listed: WorkloadCount = FEW) -> DoubtedUsage:
    return DoubtedUsage(source, scope, listed, MANY)


def test_a_doubted_number_is_not_believed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted(listed=WorkloadCount(3, NOW)))
    memory.doubt(doubted())
    assert memory.history("ecs", "here").last == MANY
    assert list(memory.doubted()) == [doubted()]


def test_a_confirmed_number_is_believed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted())
    assert memory.confirm(doubted(), None)
    assert memory.history("ecs", "here").last == FEW
    assert list(memory.doubted()) == []
    assert not memory.confirm(doubted(), None)
    assert memory.history("ecs", "here").confirmations == ()


def test_another_number_is_not_confirmed(memory: WorkloadCountMemory) -> None:
    memory.accept("ecs", "here", MANY)
    memory.doubt(doubted(listed=WorkloadCount(0, NOW)))
    assert not memory.confirm(doubted(), None)
    assert memory.history("ecs", "here").last == MANY
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


def recent(memory: WorkloadCountMemory) -> list[int]:
    return [each.workloads for each in memory.history("ecs", "here").recent]


def test_counts_of_8_days_are_kept(memory: WorkloadCountMemory) -> None:
    for days, workloads in [(0, 90), (1, 70), (8, 50), (9, 30)]:
        memory.accept("ecs", "here", WorkloadCount(workloads, NOW + timedelta(days=days)))
    memory.accept("ecs", "there", MANY)
    assert recent(memory) == [70, 50, 30]
    last = WorkloadCount(30, NOW + timedelta(days=9))
    assert memory.history("ecs", "here").last == last


def test_a_count_that_a_later_one_reaches_is_removed(memory: WorkloadCountMemory) -> None:
    for hours, workloads in [(0, 90), (1, 50), (2, 70), (2, 60), (3, 70), (-1, 95)]:
        memory.accept("ecs", "here", WorkloadCount(workloads, NOW + timedelta(hours=hours)))
    assert recent(memory) == [95, 90, 70]


def test_a_confirmation_removes_earlier_and_later_counts(memory: WorkloadCountMemory) -> None:
    for days in (-1, 0, 700):
        memory.accept("ecs", "here", WorkloadCount(10, NOW + timedelta(days=days)))
    memory.accept("ecs", "there", MANY)
    memory.doubt(doubted())
    assert memory.confirm(doubted(), None)
    assert memory.history("ecs", "here").recent == (FEW,)
    assert memory.history("ecs", "there").recent == (MANY,)


# who confirmed a number: only in the store


def test_a_confirmation_is_stored_with_its_audit_event(store: Store) -> None:
    first = event(AuditEventName.CONFIRMED_USAGE, by="U1")
    second = replace(first, by="U2", at=NOW + timedelta(days=1))
    none = DoubtedUsage("ecs", "here", WorkloadCount(0, NOW + timedelta(days=1)), FEW)
    for each, confirmed in [(doubted(), first), (none, second)]:
        store.doubt(each)
        assert store.confirm(each, confirmed)
    assert store.history("ecs", "here").confirmations == (
        UsageConfirmation(doubted(), "U1", NOW),
        UsageConfirmation(none, "U2", NOW + timedelta(days=1)),
    )
    assert store.history("ecs", "there").confirmations == ()
    assert list(store.events()) == [first, second]


def test_a_refused_confirmation_is_not_stored(store: Store) -> None:
    store.doubt(doubted())
    assert not store.confirm(doubted(listed=MANY), event(AuditEventName.CONFIRMED_USAGE))
    assert store.history("ecs", "here").confirmations == ()
    assert list(store.events()) == []


def test_rows_of_an_older_version_have_no_number_to_compare_with(store: Store) -> None:
    store.accept("ecs", "here", MANY)
    row = {"source": "ecs", "scope": "here", "is_believed": False} | FEW._asdict()
    with store._database.writing() as session:
        session.execute(insert(UsageListedRow), row)
    assert store.doubted() == [doubted()]
