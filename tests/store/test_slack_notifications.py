"""Reminders, requests for approvals, and announcements of pauses are recorded once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, PlanMessage, PlanRecord
from bot.store.store import Store, open_store
from tests.store.support import THERE, approval, closed, event, new_version, propose, seen
from tests.support import NOW

LATER = NOW + timedelta(days=3)
PAUSE = Pause("ann", NOW, "")


def posted(store: Store, channel: str = "C1", **facts: Any) -> PlanRecord:
    plan = propose(store, **facts)
    store.save_message(PlanMessage(plan.id, channel, "1700000000.000001"))
    return seen(store, plan.id)


def due(store: Store) -> list[str]:
    return [plan.id for plan in store.plans_to_remind(LATER, LATER)]


def at_once(url: str, call: Callable[[Store], bool]) -> list[bool]:
    """The answers to two processes that call at the same moment."""
    with open_store(url) as one, open_store(url) as other, ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(call, (one, other)))


def test_one_reminder_for_each_version(store: Store) -> None:
    plan = posted(store)
    assert due(store) == [plan.id]
    assert store.mark_reminded(plan)
    assert not store.mark_reminded(plan)
    assert due(store) == []
    change = new_version(plan, "old")
    assert store.commit(change)
    assert due(store) == [plan.id]
    store.forget_reminder(plan)
    assert store.mark_reminded(seen(store, plan.id))
    store.forget_reminder(seen(store, plan.id))
    assert due(store) == [plan.id]


@pytest.mark.parametrize(
    "facts",
    [
        {"state": PlanState.DISMISSED},
        {"complete": False},
        {"checked": False},
        {"deletions": 0},
        {"proposed_at": LATER},
        {"expires_at": LATER},
    ],
    ids=str,
)
def test_plans_without_reminder(store: Store, facts: dict[str, Any]) -> None:
    posted(store, **facts)
    assert due(store) == []


def test_no_reminder_without_a_message(store: Store) -> None:
    propose(store)
    assert due(store) == []


def test_a_plan_that_was_decided_in_the_meantime(store: Store) -> None:
    plan = posted(store)
    assert store.commit(replace(approval(plan, "bob")))
    assert not store.mark_reminded(plan)


def test_two_processes_remind_once(store: Store, url: str) -> None:
    plan = posted(store)
    assert at_once(url, lambda each: each.mark_reminded(plan)) == [False, True]


def test_a_user_asks_once_for_each_version(store: Store, url: str) -> None:
    plan = posted(store)
    assert at_once(url, lambda each: each.record_approval_request(plan, "U1", NOW)) == [False, True]
    assert store.record_approval_request(plan, "U2", NOW)
    store.forget_approval_request(plan, "U1")
    assert store.record_approval_request(plan, "U1", NOW)
    assert store.record_approval_request(replace(plan, version=2), "U1", NOW)


def test_channels_with_open_plans(store: Store) -> None:
    open_, done = posted(store), posted(store, "C2", repository=THERE)
    store.save_message(PlanMessage(open_.id, "C1", "1700000000.000002"))
    assert store.channels_with_open_plans() == ["C1", "C2"]
    assert store.commit(closed(done, PlanState.DISMISSED, AuditEventName.DISMISSED))
    assert store.channels_with_open_plans() == ["C1"]


def test_a_pause_is_announced_once_in_each_channel(store: Store, url: str) -> None:
    assert at_once(url, lambda each: each.mark_pause_announced("C1", NOW)) == [False, True]
    assert store.mark_pause_announced("C2", NOW)
    assert store.announced_pauses() == {"C1": NOW, "C2": NOW}
    assert at_once(url, lambda each: each.mark_pause_over("C1", NOW)) == [False, True]
    assert not store.mark_pause_over("C2", LATER)
    assert store.announced_pauses() == {"C2": NOW}


def test_who_ended_a_pause(store: Store) -> None:
    ends = [event(AuditEventName.RESUMED, by, at=at) for by, at in (("eve", NOW), ("bob", LATER))]
    for end in ends:
        assert store.set_pause(replace(PAUSE, at=end.at), event(AuditEventName.PAUSED, at=end.at))
        assert store.set_pause(None, end)
    assert store.end_of_pause(NOW) == ends[0]
    assert store.end_of_pause(LATER) == ends[1]
    assert store.end_of_pause(LATER + timedelta(seconds=1)) is None
