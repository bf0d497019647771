"""Messages are updated after a notification, or by a sweep."""

from datetime import timedelta

import pytest

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, RepositoryPin, StoreChange
from bot.playground.slack import CallFault, Workspace
from bot.slack.api import CHART, MessageContent, SlackError, post_message
from bot.store.store import Store
from tests.slack.support import buttons, calls, message_at
from tests.store.support import HERE, closed, event, propose, seen
from tests.worker.support import Office


@pytest.fixture
def ts(office: Office) -> str:
    """The `ts` of a message with a plan."""
    plan = propose(office.store)
    return office.slack.services().plan_messages.post(plan.id, office.channel).ts


def dismiss(store: Store) -> str:
    """Dismisses the plan without a notification."""
    (plan,) = store.plans()
    change = closed(seen(store, plan.id), PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert store.commit(change)
    return plan.id


def test_a_notified_change_is_shown_immediately(office: Office, ts: str) -> None:
    office.updater.do_next(0)
    plan = dismiss(office.store)
    office.updater.notify(plan)
    office.updater.do_next(0)
    assert office.buttons(ts) == []


def test_a_sweep_shows_other_changes(office: Office, ts: str) -> None:
    dismiss(office.store)
    office.updater.do_next(0)
    assert office.buttons(ts) == []


@pytest.mark.usefixtures("ts")
def test_a_change_is_shown_once(office: Office, slack: Workspace) -> None:
    plan = dismiss(office.store)
    for _ in range(100):
        office.updater.notify(plan)
    sent = len(calls(slack, "chat.update"))
    for _ in range(3):
        office.updater.do_next(0)
    assert len(calls(slack, "chat.update")) == sent + 1


def test_a_workspace_that_refuses_charts(office: Office, slack: Workspace) -> None:
    slack.faults.add(CallFault(block=CHART, error="invalid_blocks", times=None))
    client = office.slack.services().workspace.client
    chart = MessageContent("Stores 2 GB", [{"type": CHART}])
    ts = post_message(client, "Posting", office.channel, chart)
    assert message_at(office.person, office.channel, ts)["text"] == "Stores 2 GB"


def test_slack_was_down(office: Office, slack: Workspace, ts: str) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    office.updater.notify(dismiss(office.store))
    with pytest.raises(SlackError, match="internal_error"):
        office.updater.do_next(0)
    office.updater.do_next(0)
    assert buttons(message_at(office.person, office.channel, ts)) == []


@pytest.mark.usefixtures("ts")
def test_a_failed_update_does_not_block_others(office: Office, slack: Workspace) -> None:
    now = office.watch()
    pin = Pin("1.0", office.person.id, "a customer runs it", now + timedelta(hours=20))
    made = RepositoryPin(HERE.uri, pin, now - timedelta(days=9))
    assert office.store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=[made]))
    dismiss(office.store)
    slack.faults.add(CallFault(method="chat.update", error="restricted_action"))
    with pytest.raises(SlackError, match="does not let the bot post"):
        office.updater.do_next(0)
    (told,) = office.person.messages(office.person.opens_im())
    assert "1 pin expires soon" in told["text"]
