"""Queries of plans."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanRecord
from bot.store.plan_packing import pack
from bot.store.store import Store
from bot.store.tables import PlanVersionRow
from tests.store.support import HERE, THERE, closed, content, propose, record, seen
from tests.support import NOW


def test_unknown_plans(store: Store) -> None:
    assert store.plan("x") is None
    assert store.open_plan(HERE) is None
    assert list(store.plans()) == []
    assert store.items("x", 1) == []
    with pytest.raises(ServiceError, match="no version 1 of the plan x"):
        store.content("x", 1)


def test_the_last_proposed_comes_first(store: Store) -> None:
    older = propose(store, proposed_at=NOW - timedelta(hours=1))
    newer = propose(store, THERE, proposed_at=NOW)
    assert list(store.plans()) == [newer, older]


def test_closed_plans_are_not_open(store: Store) -> None:
    done = propose(store)
    assert store.commit(closed(done, PlanState.DONE, AuditEventName.EXPIRED))
    first, second = propose(store, id="a"), propose(store, THERE, id="b", state=PlanState.EXECUTING)
    assert store.open_plans() == [first, second]


def test_plans_to_expire_and_to_run(store: Store) -> None:
    approved = propose(store, state=PlanState.APPROVED, expires_at=NOW)
    old = propose(store, THERE, expires_at=NOW)
    assert store.approved_plans() == [approved]
    assert store.plans_to_expire(NOW) == [old]
    assert store.plans_to_expire(NOW - timedelta(seconds=1)) == []


def test_a_listing_during_changes(store: Store) -> None:
    first, second = propose(store), propose(store, THERE)
    for plan in store.plans():
        assert store.commit(closed(plan, PlanState.DISMISSED, AuditEventName.DISMISSED))
    assert {seen(store, each.id).state for each in (first, second)} == {PlanState.DISMISSED}


def test_every_field_is_stored(store: Store) -> None:
    """Every field has another value, so that no two can be confused."""
    odd = record(
        THERE,
        version=3,
        state=PlanState.STOPPED,
        complete=False,
        checked=False,
        manifests=2**31 - 1,
        deletions=17,
        freed_bytes=2**62,
        execute_after=NOW + timedelta(microseconds=1),
        stop_asked_by="bob",
    )
    usual = record(id=odd.id, hash="another")
    changed = {f.name for f in fields(PlanRecord) if getattr(odd, f.name) != getattr(usual, f.name)}
    assert {"repository", "version", "state", "complete", "checked", "freed_bytes"} < changed
    made = propose(store, THERE)
    assert store.commit(closed(made, PlanState.DISMISSED, AuditEventName.DISMISSED))
    stored = propose(store, THERE, **{f: getattr(odd, f) for f in changed - {"repository"}})
    assert seen(store, stored.id) == replace(odd, id=stored.id)


def test_damaged_content_is_an_error(store: Store) -> None:
    made = propose(store)
    with store._database.writing() as session:
        version = session.get(PlanVersionRow, (made.id, 1))
        assert version
        version.content = version.content[:-9]
    with pytest.raises(ServiceError, match="cannot be read"):
        store.content(made.id, 1)


def test_changed_content_is_an_error(store: Store) -> None:
    made = propose(store)
    with store._database.writing() as session:
        version = session.get(PlanVersionRow, (made.id, 1))
        assert version
        version.content = pack(content("old"))
    with pytest.raises(ServiceError, match=f"Version 1 of the plan {made.id} was changed"):
        store.content(made.id, 1)
