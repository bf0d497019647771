"""The modal in which the approver of a large plan types the repository's name."""

import pytest

from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.core.records import AuditEventName
from bot.playground.slack import ActionOutcome, CallFault, SimulatedUser, Workspace
from bot.playground.slack.faults import DeliveryFault
from tests.slack.conftest import StartBot
from tests.slack.running_bot import RunningBot, private_messages, text_of, until
from tests.slack.support import buttons, message_at

LARGE = {"type_to_confirm_over": "50%"}


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    return start_bot(approval=LARGE)


def test_the_name_is_typed(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    assert "type the repository's name: `team/api`" in text_of(ann.modal())
    assert bot.stored(message).state is PlanState.PROPOSED
    assert bot.submits(ann, typed_name=" team/api ").ok
    assert bot.stored(message).state is PlanState.APPROVED
    assert "Approved. Deletion starts" in text_of(ann.modal())
    assert "stop_plan" in buttons(message_at(ann, bot.channel, message.ts))


def test_a_wrong_name_is_typed(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    errors = {"typed_name": "Type the exact name: team/api"}
    assert bot.submits(ann, typed_name="team/ap") == ActionOutcome(
        "errors", errors=errors, sent=True
    )
    assert bot.stored(message).state is PlanState.PROPOSED
    assert bot.submits(ann, typed_name="team/api").ok
    assert bot.stored(message).state is PlanState.APPROVED


def test_two_approvals_are_required(start_bot: StartBot, ann: SimulatedUser) -> None:
    bot = start_bot(approval={**LARGE, "required": 2})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.submits(ann, typed_name="team/api")
    assert "Deletion needs more approvals" in text_of(ann.modal())
    assert len(bot.stored(message).current_approvals) == 1


def test_a_guest_gets_no_modal(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(guest, "approve_plan", message)
    assert guest.modal() is None
    (said,) = private_messages(guest, bot.channel)
    assert "is a guest" in said
    assert bot.events()[-1] is AuditEventName.REFUSED


def test_a_second_approval_by_the_same_user(start_bot: StartBot, ann: SimulatedUser) -> None:
    bot = start_bot(approval={**LARGE, "required": 2})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.submits(ann, typed_name="team/api")
    ann.closes()
    bot.clicks(ann, "approve_plan", message)
    assert "has already approved this version" in text_of(ann.modal())


def test_another_user_approved_first(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    for person in (ann, bob):
        bot.clicks(person, "approve_plan", message)
    bot.submits(bob, typed_name="team/api")
    bot.submits(ann, typed_name="team/api")
    assert "The plan for team/api is already approved" in text_of(ann.modal())
    assert bot.events().count(AuditEventName.APPROVED) == 1


def test_submitted_twice(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    slack.delivery_faults.add(DeliveryFault(kind="view_submission", copies=2))
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.submits(ann, typed_name="team/api")
    assert bot.events().count(AuditEventName.APPROVED) == 1
    assert AuditEventName.REFUSED not in bot.events()
    assert "Approved." in text_of(ann.modal())


def test_the_modal_is_closed_before_it_is_filled(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="users.info", delay=0.5))
    ann.uses("approve_plan", channel=message.channel, ts=message.ts)
    until(ann.modal)
    ann.closes()
    bot.wait_until_idle()
    assert ann.modal() is None
    assert private_messages(ann, bot.channel) == []
    assert bot.stored(message).state is PlanState.PROPOSED


def test_a_refusal_after_the_modal_was_closed(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("cleaners", [bob])
    bot = start_bot(approval={**LARGE, "approvers": [group]})
    message = bot.posted()
    slack.faults.add(CallFault(method="usergroups.users.list", delay=0.5))
    ann.uses("approve_plan", channel=message.channel, ts=message.ts)
    until(ann.modal)
    ann.closes()
    bot.wait_until_idle()
    (said,) = private_messages(ann, bot.channel)
    assert "is not an approver" in said


def test_the_modal_is_closed_after_the_submission(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    """The refusal is then an answer in the channel."""
    message = bot.posted()
    for person in (ann, bob):
        bot.clicks(person, "approve_plan", message)
    bot.submits(bob, typed_name="team/api")
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    bot.submits(ann, typed_name="team/api")
    assert private_messages(ann, bot.channel) == ["The plan for team/api is already approved"]


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id"])
def test_opening_the_modal_takes_too_long(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, error: str
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error=error))
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert "within Slack's limit of 3 seconds" in said
    assert bot.stored(message).state is PlanState.PROPOSED


def test_slack_is_busy_for_a_second(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, waits: list[float]
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error="ratelimited", retry_after=1))
    bot.clicks(ann, "approve_plan", message)
    assert "type the repository's name" in text_of(ann.modal())
    assert len(waits) == 1


def test_slack_is_busy(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, waits: list[float]
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error="ratelimited", retry_after=30))
    bot.clicks(ann, "approve_plan", message)
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("Opening a modal in Slack failed: Slack's rate limit is reached")
    assert waits == []


def test_the_database_fails_while_the_name_is_checked(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)

    def fail(_: object) -> None:
        raise ServiceError("The database is away")

    with monkeypatch.context() as patch:
        patch.setattr(bot.store, "plan", fail)
        bot.submits(ann, typed_name="team/api")
    assert private_messages(ann, bot.channel) == ["The database is away"]
    assert bot.stored(message).state is PlanState.PROPOSED


def test_an_unknown_plan(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    monkeypatch.setattr(bot.store, "plan", lambda _: None)
    bot.submits(ann, typed_name="anything")
    assert f"No plan {message.plan}" in text_of(ann.modal())
