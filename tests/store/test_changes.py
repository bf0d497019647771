"""A change is written completely or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.errors import RequestError
from bot.core.plan import PlanState, content_hash
from bot.core.records import Approval, AuditEventName, ImageOutcome, PlanItem, StoreChange
from bot.store.store import Store
from bot.store.tables import PlanItemRow, PlanVersionRow
from tests.store.support import (
    HERE,
    THERE,
    approval,
    closed,
    content,
    event,
    new_version,
    pin,
    propose,
    record,
    seen,
)
from tests.support import NOW


def test_a_new_plan_is_stored_completely(store: Store) -> None:
    plan = content("b", "a")
    made = record(execute_after=NOW, hash=content_hash(plan))
    proposed = event(plan=made.id, version=1, repository=HERE.uri, digests=("sha256:a",))
    assert store.commit(StoreChange([proposed], after=made, content=plan))
    assert store.plan(made.id) == made
    assert store.open_plan(HERE) == made
    assert store.content(made.id, 1) == plan
    assert store.items(made.id, 1) == [
        PlanItem("sha256:a", ("a",), ImageOutcome.PENDING, None),
        PlanItem("sha256:b", ("b",), ImageOutcome.PENDING, None),
    ]
    assert list(store.events()) == [proposed]


def test_a_plan_without_deletions_is_stored(store: Store) -> None:
    made = record()
    assert store.commit(StoreChange([], after=made, content=content()))
    assert store.items(made.id, 1) == []


@pytest.mark.parametrize("state", [PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING])
def test_a_repository_has_one_open_plan(store: Store, state: PlanState) -> None:
    first = propose(store, state=state)
    second = record()
    change = StoreChange(
        [event(by="bob")], after=second, content=content("x"), pins_added=[pin("p")]
    )
    assert not store.commit(change)
    assert list(store.plans()) == [first]
    assert store.items(second.id, 1) == []
    assert store.pins() == []
    assert [each.by for each in store.events()] == ["ann"]


@pytest.mark.parametrize(
    "state", sorted(set(PlanState) - {PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING})
)
def test_a_closed_plan_allows_a_new_one(store: Store, state: PlanState) -> None:
    first = propose(store)
    assert store.commit(closed(first, state, AuditEventName.DISMISSED))
    second = propose(store)
    assert store.open_plan(HERE) == second


def test_repositories_are_independent(store: Store) -> None:
    here, there = propose(store), propose(store, THERE)
    assert store.open_plan(HERE) == here
    assert store.open_plan(THERE) == there


def test_every_change_increases_the_revision(store: Store) -> None:
    made = propose(store)
    assert store.commit(approval(made, "bob"))
    approved = seen(store, made.id)
    assert approved == replace(
        made,
        state=PlanState.APPROVED,
        approvals=(Approval("bob", NOW, 1, made.hash),),
        revision=1,
    )
    assert store.commit(closed(approved, PlanState.EXPIRED, AuditEventName.EXPIRED))
    assert seen(store, made.id).revision == 2


def test_a_change_of_an_earlier_revision_is_refused(store: Store) -> None:
    made = propose(store)
    store.commit(approval(made, "bob"))
    before = seen(store, made.id)
    late = replace(new_version(made, "x"), events=[event(by="late")], pins_added=[pin("p")])
    assert not store.commit(late)
    assert not store.commit(approval(made, "carol"))
    assert seen(store, made.id) == before
    assert store.items(made.id, 2) == []
    assert store.pins() == []
    assert "late" not in {each.by for each in store.events()}


def test_a_missing_plan_cannot_be_changed(store: Store) -> None:
    assert not store.commit(approval(record(), "bob"))
    assert list(store.events()) == []


def test_an_approved_version_is_kept_completely(store: Store) -> None:
    made = propose(store)
    store.commit(approval(made, "bob"))
    assert store.commit(new_version(seen(store, made.id), "old"))
    after = seen(store, made.id)
    assert (after.version, after.hash) == (2, content_hash(content("old")))
    assert store.content(made.id, 1) == content("old", "older")
    assert store.content(made.id, 2) == content("old")
    assert [item.digest for item in store.items(made.id, 1)] == ["sha256:old", "sha256:older"]
    assert [item.digest for item in store.items(made.id, 2)] == ["sha256:old"]
    assert store.deletions(made.id, 1) == ("sha256:old", "sha256:older")


def test_a_replaced_version_without_approval_keeps_its_deletions(
    store: Store,
) -> None:
    made = propose(store)
    others = [("old",), ("new", "old"), (), ("newest",)]
    for number, names in enumerate(others, start=2):
        before = seen(store, made.id)
        assert store.commit(new_version(before, *names))
        with pytest.raises(RequestError, match=f"Version {number - 1} of .* is not stored"):
            store.content(made.id, number - 1)
        assert store.items(made.id, number - 1) == []
    assert store.content(made.id, 5) == content("newest")
    found = [set(store.deletions(made.id, version)) for version in range(1, 7)]
    assert found == [
        {f"sha256:{name}" for name in names} for names in [("old", "older"), *others, ()]
    ]


def test_a_pin_on_a_large_plan_adds_little_to_the_database(store: Store) -> None:
    names = [f"{number:064}" for number in range(500)]
    plan = content(*names)
    made = record(hash=content_hash(plan))
    assert store.commit(StoreChange([], after=made, content=plan))
    before = stored_bytes(store)
    for number in range(1, 6):
        assert store.commit(new_version(seen(store, made.id), *names[number:]))
    assert stored_bytes(store) - before < 5 * 1000


def stored_bytes(store: Store) -> int:
    """Size of all plan versions and items."""
    with store._database.reading() as session:
        versions = session.execute(select(PlanVersionRow.content, PlanVersionRow.difference)).all()
        items = session.execute(select(PlanItemRow.digest)).all()
    texts = (text for row in (*versions, *items) for text in row if text is not None)
    return sum(map(len, texts))


def test_approvals_of_all_versions_are_in_order(store: Store) -> None:
    made = propose(store)
    first = Approval("bob", NOW, 1)
    store.commit(StoreChange([], made, replace(made, approvals=(first,))))
    store.commit(new_version(seen(store, made.id), "old"))
    now = seen(store, made.id)
    assert now.approvals == (first,)
    assert now.current_approvals == ()
    later = [
        Approval(by, NOW + timedelta(minutes=minute), 2) for by, minute in [("ann", 2), ("bob", 1)]
    ]
    store.commit(StoreChange([], now, replace(now, approvals=(first, *later))))
    assert seen(store, made.id).approvals == (first, later[1], later[0])


def test_a_stop_removes_approvals(store: Store) -> None:
    made = propose(store)
    store.commit(approval(made, "ann"))
    store.commit(approval(seen(store, made.id), "bob"))
    approved = seen(store, made.id)
    stopped = replace(approved, state=PlanState.PROPOSED, approvals=(), execute_after=None)
    assert store.commit(StoreChange([event(AuditEventName.STOPPED)], approved, stopped))
    assert seen(store, made.id) == replace(stopped, revision=3)


def test_an_approval_of_other_content_replaces_the_first(store: Store) -> None:
    made = propose(store)
    store.commit(approval(made, "ann"))
    before = seen(store, made.id)
    other = Approval("ann", NOW, 1, "another hash")
    assert store.commit(StoreChange([], before, replace(before, approvals=(other,))))
    assert seen(store, made.id).approvals == (other,)


def test_who_requested_a_stop_is_stored(store: Store) -> None:
    made = propose(store, state=PlanState.EXECUTING)
    asked = replace(made, stop_asked_by="bob")
    assert store.commit(StoreChange([event(AuditEventName.STOP_REQUESTED, "bob")], made, asked))
    assert seen(store, made.id) == replace(asked, revision=1)


def test_a_removed_pin_prevents_the_change(store: Store) -> None:
    made = propose(store)
    change = replace(approval(made, "bob"), pins_removed=[pin("gone")], pins_added=[pin("other")])
    assert not store.commit(change)
    assert store.plan(made.id) == made
    assert store.pins() == []
    assert [each.event for each in store.events()] == [AuditEventName.PROPOSED]


def test_a_new_pin_prevents_the_change(store: Store) -> None:
    made = propose(store)
    assert store.commit(StoreChange([], pins_added=[pin("new")]))
    change = replace(new_version(made, "old"), pins_added=[pin("new", by="bob"), pin("other")])
    assert not store.commit(change)
    assert store.plan(made.id) == made
    assert store.items(made.id, 2) == []
    assert store.pins() == [pin("new")]


def test_a_pin_and_the_next_version_are_written_together(store: Store) -> None:
    made = propose(store)
    change = replace(new_version(made, "old"), pins_added=[pin("older")])
    assert store.commit(change)
    assert store.pins(HERE.uri) == [pin("older")]
    assert seen(store, made.id).version == 2
