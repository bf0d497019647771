"""The buttons Approve, Dismiss and Stop, with and without permission."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.core.errors import ServiceError
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import AuditEventName
from bot.playground.slack import TEAM_ID, CallFault, SimulatedUser, Workspace
from bot.playground.slack.faults import DeliveryFault
from tests.slack.conftest import StartBot
from tests.slack.running_bot import RunningBot, close, content, private_messages
from tests.slack.support import buttons, message_at
from tests.store.support import run_of, seen, started

GUEST = "is a guest: only full members of the workspace are allowed"


def member(person: SimulatedUser) -> SlackUser:
    return SlackUser(person.id, TEAM_ID, is_guest=False, groups=frozenset())


def shown(bot: RunningBot, person: SimulatedUser, ts: str) -> list[str]:
    """The buttons of a message."""
    return buttons(message_at(person, bot.channel, ts))


# approving


def test_an_approval_is_visible_to_all_users(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    assert bot.clicks(ann, "approve_plan", message).ok
    plan = bot.stored(message)
    assert plan.state is PlanState.APPROVED
    assert [approval.by for approval in plan.current_approvals] == [ann.id]
    assert f"Approved by <@{ann.id}>" in message_at(bob, bot.channel, message.ts)["text"]
    assert "stop_plan" in shown(bot, bob, message.ts)
    assert "approve_plan" not in shown(bot, bob, message.ts)
    assert private_messages(ann, bot.channel) == []


def test_every_message_of_the_plan_is_updated(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    elsewhere = slack.remote.add_channel("elsewhere", [ann])
    message = bot.posted()
    other = bot.plan_messages.post(message.plan, elsewhere)
    bot.clicks(ann, "approve_plan", message)
    assert "stop_plan" in buttons(message_at(ann, elsewhere, other.ts))


def test_a_guest_may_not_approve(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(guest, "approve_plan", message)
    assert private_messages(guest, bot.channel) == [f"<@{guest.id}> {GUEST}"]
    assert bot.stored(message).state is PlanState.PROPOSED
    assert bot.events()[-1] is AuditEventName.REFUSED
    assert "approve_plan" in shown(bot, guest, message.ts)


def test_a_member_with_another_home_workspace_in_the_organization_may_approve(
    bot: RunningBot, slack: Workspace
) -> None:
    kim = slack.remote.add_user("kim", team_id="T2", teams=["T2", TEAM_ID])
    message = bot.posted()
    bot.clicks(kim, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED
    bot.clicks(kim, "stop_plan", message)
    assert bot.stored(message).state is PlanState.PROPOSED


def test_a_member_of_other_workspaces_in_the_organization_may_not_dismiss(
    bot: RunningBot, slack: Workspace
) -> None:
    lee = slack.remote.add_user("lee", team_id="T2", teams=["T2", "T3"])
    shared = slack.remote.add_channel("shared", [lee])
    message = bot.plan_messages.post(bot.posted().plan, shared)
    bot.clicks(lee, "dismiss_plan", message)
    (said,) = private_messages(lee, shared)
    assert "belongs to another workspace" in said
    assert bot.stored(message).state is PlanState.PROPOSED


def test_only_approvers_may_approve(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert "is not an approver" in said
    assert private_messages(bob, bot.channel) == []
    bot.clicks(bob, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED


def test_members_of_a_user_group_may_approve(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("cleaners", [bob])
    bot = start_bot(approval={"approvers": [group]})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    assert bot.stored(message).state is PlanState.PROPOSED
    bot.clicks(bob, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED


def test_a_user_group_that_cannot_be_read_refuses(
    start_bot: StartBot, slack: Workspace, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [slack.remote.add_user_group("cleaners", [bob])]})
    slack.faults.add(CallFault(method="usergroups.users.list", error="internal_error"))
    message = bot.posted()
    bot.clicks(bob, "approve_plan", message)
    (said,) = private_messages(bob, bot.channel)
    assert "could not be read" in said
    assert bot.stored(message).state is PlanState.PROPOSED


def test_two_approvals_are_required(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"required": 2})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    assert bot.stored(message).state is PlanState.PROPOSED
    assert "1 of 2 approvals" in str(message_at(bob, bot.channel, message.ts))
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert "has already approved this version" in said
    bot.clicks(bob, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED


def test_two_click_at_the_same_moment(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser, slack: Workspace
) -> None:
    """Two replicas handle the clicks. The second user gets the state of the plan."""
    replicas = [start_bot(), start_bot()]
    message = replicas[0].posted()
    where = {"channel": message.channel, "ts": message.ts}
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(
            lambda each: each.uses("approve_plan", confirm=True, **where), [ann, bob]
        )
    assert all(outcome.ok for outcome in outcomes)
    for replica in replicas:
        replica.wait_until_idle()
    assert len({each["connection"] for each in slack.remote.deliveries()}) == 2
    (approval,) = replicas[0].stored(message).current_approvals
    late = bob if approval.by == ann.id else ann
    assert private_messages(late, message.channel) == ["The plan for team/api is already approved"]
    assert (
        len(private_messages(ann, message.channel)) + len(private_messages(bob, message.channel))
        == 1
    )


def test_delivered_twice(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    slack.delivery_faults.add(DeliveryFault(kind="block_actions", copies=3))
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    assert bot.events().count(AuditEventName.APPROVED) == 1
    assert AuditEventName.REFUSED not in bot.events()
    assert private_messages(ann, bot.channel) == []


def test_delivered_again_after_it_was_stopped(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    """A repeated delivery does not approve a stopped plan."""
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    (approval,) = slack.remote.deliveries("block_actions")
    bot.clicks(ann, "stop_plan", message)
    assert slack.remote.deliver_again(approval["envelope_id"])
    bot.wait_until_idle()
    assert bot.stored(message).state is PlanState.PROPOSED


def test_outside_the_channel_of_the_repository(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    elsewhere = slack.remote.add_channel("elsewhere", [ann])
    message = bot.posted(channel=elsewhere)
    assert "approve_plan" not in buttons(message_at(ann, elsewhere, message.ts))


def test_the_version_is_outdated(bot: RunningBot, ann: SimulatedUser) -> None:
    """The message is not updated yet. The refusal updates it."""
    message = bot.posted()
    bot.context.pins.pin(bot.stored(message).repository, ["old"], member(ann), "a customer runs it")
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("Version 2 of the plan has replaced version 1: check what changed")
    assert " v2" in str(message_at(ann, bot.channel, message.ts)["blocks"][-1])
    assert bot.stored(message).state is PlanState.PROPOSED


def test_the_version_is_outdated_and_the_update_fails(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = bot.posted()
    bot.context.pins.pin(bot.stored(message).repository, ["old"], member(ann), "a customer runs it")
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "approve_plan", message)
    assert len(private_messages(ann, bot.channel)) == 1
    bot.plan_messages.update_outdated(5)
    assert " v2" in str(message_at(ann, bot.channel, message.ts)["blocks"][-1])


@pytest.mark.parametrize("action_id", ["approve_plan", "dismiss_plan"])
def test_another_user_decided_first(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser, action_id: str
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(bob, "dismiss_plan", message)
    assert action_id in shown(bot, ann, message.ts)
    bot.clicks(ann, action_id, message)
    assert private_messages(ann, bot.channel) == ["The plan for team/api was dismissed"]
    assert shown(bot, ann, message.ts) == []


def test_an_expired_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clock.now += timedelta(days=8)
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert "expired before it had enough approvals" in said
    assert shown(bot, ann, message.ts) == []


def test_an_unknown_plan(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the loss of the database."""
    message = bot.posted()
    monkeypatch.setattr(bot.store, "plan", lambda _: None)
    monkeypatch.setattr(bot.store, "message", lambda *_: None)
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith(f"No plan {message.plan}")


def test_a_click_stores_an_unknown_message(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.store.delete_message(message)
    bot.clicks(ann, "dismiss_plan", message)
    assert "dismiss_plan" in shown(bot, ann, message.ts)
    bot.clicks(ann, "dismiss_plan", message)
    assert shown(bot, ann, message.ts) == []


def test_slack_rejects_the_update(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, caplog: pytest.LogCaptureFixture
) -> None:
    """The approval is stored, and shown later."""
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="ratelimited", retry_after=60))
    bot.clicks(ann, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED
    assert "the worker retries it" in caplog.text
    assert private_messages(ann, bot.channel) == []
    bot.plan_messages.update_outdated(5)
    assert "stop_plan" in shown(bot, ann, message.ts)


def test_the_database_fails(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()

    def fail(*_: object) -> bool:
        raise ServiceError("The database is full")

    monkeypatch.setattr(bot.store, "commit", fail)
    bot.clicks(ann, "approve_plan", message)
    assert private_messages(ann, bot.channel) == ["The database is full"]
    assert "approve_plan" in shown(bot, ann, message.ts)


# dismissing


def test_a_plan_is_dismissed(bot: RunningBot, bob: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(bob, "dismiss_plan", message)
    assert bot.stored(message).state is PlanState.DISMISSED
    assert shown(bot, bob, message.ts) == []
    assert f"<@{bob.id}>" in message_at(bob, bot.channel, message.ts)["text"]


def test_a_guest_may_not_dismiss(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(guest, "dismiss_plan", message)
    assert private_messages(guest, bot.channel) == [f"<@{guest.id}> {GUEST}"]
    assert bot.stored(message).state is PlanState.PROPOSED


# stopping


def test_stopped_within_the_undo_window(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.clicks(bob, "stop_plan", message)
    plan = bot.stored(message)
    assert (plan.state, plan.current_approvals) == (PlanState.PROPOSED, ())
    assert "approve_plan" in shown(bot, ann, message.ts)


def test_stopped_while_it_runs(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    before = seen(bot.store, message.plan)
    assert bot.store.commit(started(before, run_of(before)))
    bot.plan_messages.update(message.plan)
    bot.clicks(bob, "stop_plan", message)
    plan = bot.stored(message)
    assert (plan.state, plan.stop_asked_by) == (PlanState.EXECUTING, bob.id)


def test_a_guest_may_not_stop(bot: RunningBot, ann: SimulatedUser, guest: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.clicks(guest, "stop_plan", message)
    assert private_messages(guest, bot.channel) == [f"<@{guest.id}> {GUEST}"]
    assert bot.stored(message).state is PlanState.APPROVED


def test_stopped_twice(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "stop_plan", message)
    bot.clicks(bob, "stop_plan", message)
    assert private_messages(bob, bot.channel) == [
        "The plan for team/api is proposed but not approved"
    ]
    assert "approve_plan" in shown(bot, bob, message.ts)


def test_after_a_restart(start_bot: StartBot, ann: SimulatedUser) -> None:
    """Buttons of an earlier process still work."""
    earlier = start_bot()
    message = earlier.posted(content("new", "old"))
    close(earlier.connection)
    bot = start_bot()
    bot.clicks(ann, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED
