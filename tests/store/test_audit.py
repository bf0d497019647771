"""The audit: events are stored unchanged and read in order."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.core.audit_details import PinDetail
from bot.core.errors import ErrorText, ServiceError
from bot.core.pins import Pin
from bot.core.records import AuditEvent, AuditEventName
from bot.store import audit
from bot.store.store import Store
from tests.store.support import HERE, event
from tests.support import NOW

WHOLE = AuditEvent(
    NOW,
    AuditEventName.PINNED,
    "ann",
    PinDetail(Pin("1.0", "ann", "why not", NOW)),
    "p",
    3,
    HERE.uri,
    ("sha256:a", "sha256:b"),
)


def test_every_field_is_stored(store: Store) -> None:
    bare = AuditEvent(NOW, AuditEventName.CONFIRMED_USAGE, "bob", ErrorText("bob confirmed"))
    store.record(WHOLE)
    store.record(bare)
    assert list(store.events()) == [WHOLE, bare]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_events_are_read_in_pages(
    store: Store, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "EVENTS_A_QUERY", 2)
    events = [
        event(by=str(number), at=NOW - timedelta(days=number // 3)) for number in range(count)
    ]
    for each in events:
        store.record(each)
    assert list(store.events()) == sorted(events, key=lambda each: each.at)


def test_events_since_a_time(store: Store) -> None:
    early, then, late = (event(at=NOW + timedelta(seconds=step)) for step in (-1, 0, 1))
    for each in (late, early, then):
        store.record(each)
    assert list(store.events(NOW)) == [then, late]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET by = 'another'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE id = 1",
    ],
)
def test_events_cannot_be_changed_or_deleted(store: Store, statement: str) -> None:
    store.record(WHOLE)
    refuses(store, statement)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_events_cannot_be_truncated(store: Store) -> None:
    store.record(WHOLE)
    refuses(store, "TRUNCATE audit_events")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_events_cannot_be_replaced(store: Store) -> None:
    store.record(WHOLE)
    refuses(
        store,
        "INSERT OR REPLACE INTO audit_events (id, at, event, by, detail, digests) "
        "SELECT id, at, event, 'another', detail, digests FROM audit_events",
    )


def refuses(store: Store, statement: str) -> None:
    with (
        pytest.raises((DBAPIError, ServiceError), match="audit events stay as they are"),
        store._database.writing() as session,
    ):
        session.execute(text(statement.replace(" by ", ' "by" ').replace(" by,", ' "by",')))
    assert list(store.events()) == [WHOLE]


def test_times_are_read_in_utc(store: Store) -> None:
    tokyo = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    store.record(event(at=tokyo))
    (found,) = store.events(tokyo)
    assert found.at == tokyo
    assert found.at.tzinfo is UTC
    assert list(store.events(tokyo + timedelta(microseconds=1))) == []
