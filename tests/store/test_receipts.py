"""What became of plans, in short."""

from dataclasses import replace

import pytest

from bot.core.records import EventName, Fate, Item, Outcome, PlanRecord, PlanState
from bot.ports import Change
from bot.store.store import SqlStore
from tests.store.support import (
    HERE,
    THERE,
    approval,
    begin,
    closed,
    event,
    propose,
    seen,
)


def test_outcomes_are_counted_and_what_was_not_deleted_is_told(store: SqlStore) -> None:
    run = begin(store)
    assert store.tally(run.plan, 1, 5) == ({Outcome.PENDING: 2}, ())
    fates = [
        Fate("sha256:old", Outcome.SPARED, "somebody uses it"),
        Fate("sha256:older", Outcome.FAILED, "ECR says no"),
    ]
    assert store.settle(run, fates, [], [])
    counts, told = store.tally(run.plan, 1, 5)
    assert counts == {Outcome.SPARED: 1, Outcome.FAILED: 1}
    failed, spared = told
    assert failed == Item("sha256:older", ("older",), Outcome.FAILED, "ECR says no")
    assert spared == Item("sha256:old", ("old",), Outcome.SPARED, "somebody uses it")
    assert store.tally(run.plan, 1, 1).told == (failed,)
    assert store.tally(run.plan, 2, 5) == ({}, ())


def test_all_that_was_freed(store: SqlStore) -> None:
    assert store.freed_bytes_in_all() == 0
    freed = {PlanState.DONE: 2**40, PlanState.FAILED: 20, PlanState.STOPPED: 3}
    for state, freed_bytes in freed.items():
        plan = propose(store)
        ended = replace(plan, state=state, freed_bytes=freed_bytes)
        assert store.commit(Change([event(EventName.ENDED)], plan, ended))
    for state in (PlanState.DISMISSED, PlanState.EXPIRED, PlanState.SUPERSEDED):
        assert store.commit(closed(propose(store), state, EventName.DISMISSED))
    propose(store, HERE)
    propose(store, THERE)
    assert store.freed_bytes_in_all() == 2**40 + 23


def called_back(store: SqlStore, plan: PlanRecord) -> PlanRecord:
    told = event(EventName.NOT_STARTED, detail="ECS does not answer", plan=plan.id)
    assert store.commit(Change([told], plan, replace(plan, state=PlanState.PROPOSED)))
    return seen(store, plan.id)


@pytest.fixture
def plan(store: SqlStore) -> PlanRecord:
    """One that was approved, and could not begin."""
    made = propose(store)
    propose(store, THERE)
    assert store.why_not_started(made) is None
    assert store.commit(approval(made, "ann"))
    assert store.why_not_started(seen(store, made.id)) is None
    return called_back(store, seen(store, made.id))


def test_why_a_plan_did_not_begin(store: SqlStore, plan: PlanRecord) -> None:
    assert store.why_not_started(plan) == "ECS does not answer"
    store.record(event(EventName.REFUSED, plan=plan.id))
    store.record(event(EventName.NOT_STARTED, plan="another"))
    assert store.why_not_started(plan) == "ECS does not answer"


def test_once_something_else_happened_it_matters_no_more(store: SqlStore, plan: PlanRecord) -> None:
    approved_by_one = replace(approval(plan, "ann"), after=replace(plan, revision=9))
    assert store.commit(approved_by_one)
    assert store.why_not_started(seen(store, plan.id)) is None


def test_of_a_plan_that_is_over_nobody_asks(store: SqlStore, plan: PlanRecord) -> None:
    assert store.why_not_started(replace(plan, state=PlanState.DISMISSED)) is None
