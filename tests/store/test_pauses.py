"""While ecr-clean is paused, no run starts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, PlanMessage
from bot.store.store import Store, open_store
from tests.store.support import (
    BOB,
    THERE,
    begin,
    closed,
    event,
    propose,
    run_of,
    seen,
    started,
    take_over,
    taken_over,
)
from tests.support import NOW

PAUSE = Pause("ann", NOW, "the registry moves")
PAUSED, RESUMED = event(AuditEventName.PAUSED), event(AuditEventName.RESUMED)


def test_a_pause_is_stored(store: Store) -> None:
    assert store.pause() is None
    assert store.set_pause(PAUSE, PAUSED)
    assert store.pause() == PAUSE
    assert store.set_pause(None, RESUMED)
    assert store.pause() is None
    assert list(store.events()) == [PAUSED, RESUMED]


def test_a_second_pause_changes_nothing(store: Store) -> None:
    assert not store.set_pause(None, RESUMED)
    assert store.set_pause(PAUSE, PAUSED)
    assert not store.set_pause(Pause("bob", NOW, ""), event(AuditEventName.PAUSED, "bob"))
    assert store.pause() == PAUSE
    assert list(store.events()) == [PAUSED]


def test_no_run_starts(store: Store) -> None:
    plan = propose(store)
    store.set_pause(PAUSE, PAUSED)
    assert not store.commit(started(plan, run_of(plan)))
    assert seen(store, plan.id) == plan
    assert store.run(plan.id) is None
    store.set_pause(None, RESUMED)
    assert store.commit(started(plan, run_of(plan)))


def test_started_runs_continue(store: Store) -> None:
    run = begin(store)
    store.set_pause(PAUSE, PAUSED)
    assert store.commit(take_over(run, BOB))
    assert store.renew_run(taken_over(run, BOB), NOW + timedelta(minutes=3))


def test_approvals_are_stored(store: Store) -> None:
    plan = propose(store)
    store.set_pause(PAUSE, PAUSED)
    assert store.commit(closed(plan, PlanState.DISMISSED, AuditEventName.DISMISSED))


def test_messages_of_open_plans_are_updated(store: Store) -> None:
    plan, other = propose(store), propose(store, THERE, state=PlanState.DONE)
    for number, each in enumerate((plan, other)):
        message = PlanMessage(each.id, "C1", f"1700000000.00000{number}")
        store.save_message(message)
        remembered = store.message("C1", message.ts)
        assert remembered
        assert store.mark_shown(remembered, each.revision, NOW)
    assert store.messages_behind(9, NOW) == []
    store.set_pause(PAUSE, PAUSED)
    assert [message.plan for message in store.messages_behind(9, NOW)] == [plan.id]


def test_a_pause_and_a_run_at_the_same_time(store: Store, url: str) -> None:
    with open_store(url) as other, ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            plan = propose(store)
            begun = pool.submit(other.commit, started(plan, run_of(plan)))
            assert pool.submit(store.set_pause, PAUSE, PAUSED).result()
            assert begun.result() == (store.run(plan.id) is not None)
            after = seen(store, plan.id)
            assert store.commit(closed(after, PlanState.DISMISSED, AuditEventName.DISMISSED))
            assert store.set_pause(None, RESUMED)
