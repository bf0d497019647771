"""Slack messages of plans, and what they show."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanMessage, PlanRecord
from bot.store.store import Store
from tests.store.support import (
    THERE,
    approval,
    closed,
    new_version,
    propose,
    run_of,
    seen,
    started,
)
from tests.support import NOW

LATER, LONG_AGO = NOW + timedelta(minutes=1), NOW - timedelta(days=1)


def test_messages_are_oldest_first(store: Store) -> None:
    plan, other = propose(store), propose(store, THERE)
    first = PlanMessage(plan.id, "C1", "1700000000.000100")
    answer = PlanMessage(plan.id, "C1", "1700000000.000200", first.ts)
    elsewhere = PlanMessage(other.id, "C1", "1700000000.000300")
    for message in (answer, elsewhere, first):
        store.save_message(message)
    assert store.messages_of(plan.id) == [first, answer]
    assert store.messages_of("x") == []


def test_a_message_is_stored_once(store: Store) -> None:
    message = PlanMessage(propose(store).id, "C1", "1700000000.000100")
    store.save_message(message)
    again = replace(message, thread="1600000000.000100")
    store.save_message(again)
    assert store.messages_of(message.plan) == [replace(again, updates=1)]


def shown(store: Store, plan: PlanRecord, ts: str = "1700000000.000100") -> PlanMessage:
    """A message that is up to date."""
    store.save_message(PlanMessage(plan.id, "C1", ts))
    assert store.mark_shown(remembered(store, ts), plan.revision, NOW)
    return remembered(store, ts)


def remembered(store: Store, ts: str = "1700000000.000100") -> PlanMessage:
    found = store.message("C1", ts)
    assert found
    return found


def behind(store: Store, limit: int = 10, progress_before: datetime = LATER) -> list[str]:
    return [message.ts for message in store.messages_behind(limit, progress_before)]


def test_an_unknown_message(store: Store) -> None:
    assert store.message("C1", "1700000000.000100") is None


def test_a_new_message_is_behind_until_it_is_shown(store: Store) -> None:
    plan = propose(store)
    store.save_message(PlanMessage(plan.id, "C1", "1"))
    assert behind(store) == ["1"]
    assert store.mark_shown(remembered(store, "1"), plan.revision, NOW)
    assert behind(store) == []
    assert remembered(store, "1") == PlanMessage(plan.id, "C1", "1", None, 0, NOW, None, 1)


def test_a_changed_plan_leaves_its_message_behind(store: Store) -> None:
    plan = propose(store)
    shown(store, plan, "1")
    assert store.commit(approval(plan, "ann"))
    assert behind(store) == ["1"]
    assert store.mark_shown(remembered(store, "1"), seen(store, plan.id).revision, NOW)
    assert behind(store) == []
    assert store.commit(closed(seen(store, plan.id), PlanState.DISMISSED, AuditEventName.DISMISSED))
    assert behind(store) == ["1"]


def test_messages_of_executing_plans_are_updated(store: Store) -> None:
    plan = propose(store)
    assert store.commit(started(plan, run_of(plan)))
    shown(store, seen(store, plan.id), "1")
    assert behind(store, progress_before=NOW) == []
    assert behind(store) == ["1"]


def test_changed_plans_come_before_progress_and_longest_waits_first(
    store: Store,
) -> None:
    plan, other = propose(store), propose(store, THERE)
    assert store.commit(started(plan, run_of(plan)))
    plan = seen(store, plan.id)
    for ts, at in (("1", NOW), ("2", LONG_AGO)):
        store.mark_shown(shown(store, plan, ts), plan.revision, at)
    for ts, at in (("3", NOW), ("4", LONG_AGO)):
        store.mark_shown(shown(store, other, ts), None, at)
    store.save_message(PlanMessage(other.id, "C1", "5"))
    assert behind(store) == ["5", "4", "3", "2", "1"]
    assert behind(store, 4) == ["5", "4", "3", "2"]
    assert behind(store, 2) == ["5", "4"]


def test_after_two_simultaneous_updates_the_revision_is_unknown(store: Store) -> None:
    plan = propose(store)
    first = second = shown(store, plan)
    assert store.mark_shown(first, 1, NOW)
    assert not store.mark_shown(second, 0, NOW)
    assert remembered(store).shown_revision is None
    third = remembered(store)
    assert store.mark_shown(third, 0, NOW)
    assert behind(store) == []


def test_a_third_update_that_started_before_does_not_know_either(store: Store) -> None:
    """The third update started before the first two ended."""
    first = second = third = shown(store, propose(store))
    assert store.mark_shown(first, 1, NOW)
    assert not store.mark_shown(second, 1, NOW)
    assert not store.mark_shown(third, 1, NOW)
    assert remembered(store).shown_revision is None


def test_a_message_that_is_stored_again_is_behind(store: Store) -> None:
    plan = propose(store)
    before = shown(store, plan)
    assert store.mark_thread(before, 1)
    store.save_message(PlanMessage(plan.id, "C1", before.ts))
    again = remembered(store)
    assert (again.shown_revision, again.listed_version) == (None, 1)
    assert not store.mark_shown(before, plan.revision, NOW)


def test_a_message_that_shows_another_plan_now(store: Store) -> None:
    message = shown(store, propose(store))
    assert store.mark_thread(message, 1)
    other = propose(store, THERE)
    store.save_message(PlanMessage(other.id, "C1", message.ts))
    again = remembered(store)
    assert (again.plan, again.shown_revision, again.listed_version) == (other.id, None, None)


def test_a_message_is_deleted(store: Store) -> None:
    message, other = shown(store, propose(store)), shown(store, propose(store, THERE), "2")
    store.delete_message(message)
    assert store.message("C1", message.ts) is None
    assert store.message("C1", other.ts) == other
    assert not store.mark_shown(message, 0, NOW)
    assert not store.mark_thread(message, 1)


def test_lists_are_missing_until_they_are_posted(store: Store) -> None:
    plan = propose(store)
    message = shown(store, plan)
    assert store.messages_with_outdated_thread(10) == [message]
    assert store.mark_thread(message, 1)
    assert not store.mark_thread(message, 1)
    assert store.messages_with_outdated_thread(10) == []
    assert store.commit(new_version(plan, "old"))
    (again,) = store.messages_with_outdated_thread(10)
    assert (again.ts, again.listed_version) == (message.ts, 1)
    assert store.mark_thread(again, 2)
    assert not store.mark_thread(again, 2)
    assert store.mark_thread(replace(again, listed_version=2), 1)
    assert len(store.messages_with_outdated_thread(10)) == 1
    assert store.messages_with_outdated_thread(0) == []


def test_a_thread_is_marked_as_it_was_read(store: Store) -> None:
    """Two processes that read the same version do not both post the changes since then."""
    plan = propose(store)
    message = shown(store, plan)
    assert store.mark_thread(message, 1)
    first = second = remembered(store)
    assert store.mark_thread(first, 2)
    assert not store.mark_thread(second, 3)
    assert remembered(store).listed_version == 2


def test_a_plan_that_deletes_nothing_any_more(store: Store) -> None:
    """Its pins are still posted."""
    plan = propose(store)
    message = shown(store, plan)
    assert store.mark_thread(message, 1)
    change = new_version(plan)
    assert change.after
    assert store.commit(replace(change, after=replace(change.after, deletions=0)))
    assert len(store.messages_with_outdated_thread(10)) == 1


def test_closed_and_empty_plans_need_no_list(store: Store) -> None:
    plan = propose(store)
    shown(store, plan)
    shown(store, propose(store, THERE, deletions=0), "2")
    assert store.commit(closed(plan, PlanState.DISMISSED, AuditEventName.DISMISSED))
    assert store.messages_with_outdated_thread(10) == []
