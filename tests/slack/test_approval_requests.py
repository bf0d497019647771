"""Users who may not approve learn who may, and can ask them in the plan's thread."""

import pytest

from bot.core.plan import PlanState
from bot.core.records import PlanMessage
from bot.playground.slack import TEAM_ID, ActionOutcome, CallFault, SimulatedUser, Workspace
from tests.slack.conftest import StartBot
from tests.slack.running_bot import RunningBot, private_messages, text_of
from tests.slack.support import buttons, message_at
from tests.support import NOW

ASKED = "Asked in the thread of the report. The approvers are notified."


@pytest.fixture
def group(slack: Workspace, bob: SimulatedUser) -> str:
    return slack.remote.add_user_group("image-approvers", [bob])


@pytest.fixture
def bot(start_bot: StartBot, group: str) -> RunningBot:
    """Bob is the only approver, by the handle of his user group."""
    del group
    return start_bot(approval={"approvers": ["@image-approvers", "@nobody"]})


def answers(person: SimulatedUser, channel: str) -> list[PlanMessage]:
    """Answers that only this user sees, and that have a button."""
    return [
        PlanMessage("", channel, each["ts"])
        for each in person.messages(channel)
        if each["ephemeral"] and buttons(each)
    ]


def asks(bot: RunningBot, person: SimulatedUser) -> ActionOutcome:
    return bot.clicks(person, "ask_approvers", answers(person, bot.channel)[-1])


def requests(bot: RunningBot, message: PlanMessage) -> list[str]:
    """Texts of requests in the thread of the message."""
    thread = message_at(bob_of(bot), message.channel, message.ts)["replies"]
    return [each["text"] for each in thread if "asks for your approval" in each["text"]]


def pinned_by(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> None:
    user = bot.context.users.person(person.id, TEAM_ID)
    bot.context.pins.pin(bot.stored(message).repository, ["old"], user, "we need it")


def bob_of(bot: RunningBot) -> SimulatedUser:
    (id_,) = (user.id for user in bot.slack.directory.users.values() if user.name == "bob")
    return SimulatedUser(bot.slack.remote, id_)


def test_a_refusal_names_the_approvers(bot: RunningBot, ann: SimulatedUser, group: str) -> None:
    bot.clicks(ann, "approve_plan", bot.posted())
    (said,) = private_messages(ann, bot.channel)
    assert said == f"<@{ann.id}> is not an approver in the settings. Approvers: <!subteam^{group}>."


def test_users_ask_once(
    bot: RunningBot, ann: SimulatedUser, guest: SimulatedUser, group: str
) -> None:
    """The answer replaces the button."""
    message = bot.posted()
    again = "You have asked for this approval before: see the thread of the report."
    for person in (ann, guest):
        for _ in range(2):
            bot.clicks(person, "approve_plan", message)
            assert asks(bot, person).ok
            assert answers(person, bot.channel) == []
        assert private_messages(person, bot.channel) == [ASKED, again]
    assert requests(bot, message) == [
        f"<!subteam^{group}>: <@{person.id}> asks for your approval of `team/api`."
        for person in (ann, guest)
    ]


def test_a_new_version_can_be_asked_for(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    asks(bot, ann)
    pinned_by(bot, bob, message)
    bot.plan_messages.update(message.plan)
    bot.clicks(ann, "approve_plan", message)
    asks(bot, ann)
    assert len(requests(bot, message)) == 2


def test_an_outdated_button(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.clicks(bob, "approve_plan", message)
    assert bot.stored(message).state is PlanState.APPROVED
    asks(bot, ann)
    assert "already approved" in private_messages(ann, bot.channel)[-1]
    assert requests(bot, message) == []


def test_slack_fails(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    """The button is kept, so the user can ask again."""
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error"))
    asks(bot, ann)
    assert "Asking the approvers in Slack failed" in private_messages(ann, bot.channel)[-1]
    asks(bot, ann)
    assert ASKED in private_messages(ann, bot.channel)
    assert answers(ann, bot.channel) == []
    assert len(requests(bot, message)) == 1


def test_the_message_is_gone(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    bot.store.delete_message(message)
    asks(bot, ann)
    assert "Request a new report: /ecr-clean team/api" in private_messages(ann, bot.channel)[-1]


def test_the_modal_of_a_large_plan(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    """The refusal and the button are in the modal, without an input."""
    bot = start_bot(approval={"approvers": [bob.id], "type_to_confirm_over": "10%"})
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    assert f"Approvers: <@{bob.id}>." in text_of(ann.modal())
    assert "typed_name" not in str(ann.modal())
    ann.uses("ask_approvers")
    bot.wait_until_idle()
    assert text_of(ann.modal()) == ASKED
    assert requests(bot, message) == [
        f"<@{bob.id}>: <@{ann.id}> asks for your approval of `team/api`."
    ]


@pytest.mark.parametrize("approvers", [["@nobody"], ["arn:aws:iam::123456789012:user/*"]])
def test_no_approver_in_slack(
    start_bot: StartBot, ann: SimulatedUser, approvers: list[str]
) -> None:
    bot = start_bot(approval={"approvers": approvers})
    bot.clicks(ann, "approve_plan", bot.posted())
    (said,) = private_messages(ann, bot.channel)
    assert said.endswith("No Slack user is an approver. See `approvers` in the settings.")
    assert answers(ann, bot.channel) == []


def test_every_member_may_approve(start_bot: StartBot, guest: SimulatedUser) -> None:
    """There is no list of approvers."""
    bot = start_bot()
    bot.clicks(guest, "approve_plan", bot.posted())
    (said,) = private_messages(guest, bot.channel)
    assert said.endswith("is a guest: only full members of the workspace are allowed")


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_commands_for_approvers(
    bot: RunningBot, ann: SimulatedUser, group: str, command: str
) -> None:
    bot.send_command(ann, f"/ecr-clean {command}")
    (said,) = private_messages(ann, bot.channel)
    assert said.endswith(f"is not an approver in the settings. Approvers: <!subteam^{group}>.")
    assert answers(ann, bot.channel) == []


def test_unpinning_for_approvers(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser, group: str
) -> None:
    message = bot.posted()
    pinned_by(bot, bob, message)
    repository = bot.stored(message).repository
    bot.store.save_repositories(repository.registry, [repository], NOW)
    bot.send_command(ann, "/ecr-clean unpin team/api old")
    assert f"Approvers: <!subteam^{group}>." in private_messages(ann, bot.channel)[-1]


def test_approvers_that_cannot_be_read(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="users.list", error="internal_error", times=None))
    bot.clicks(ann, "approve_plan", bot.posted())
    (said,) = private_messages(ann, bot.channel)
    assert "Slack could not look up @image-approvers" in said
    assert "No Slack user is an approver" not in said


@pytest.mark.parametrize("button", ["approve_plan", "pin_tags"])
def test_guests_get_no_modal(
    start_bot: StartBot, bob: SimulatedUser, guest: SimulatedUser, button: str
) -> None:
    bot = start_bot(approval={"approvers": [bob.id], "type_to_confirm_over": "10%"})
    bot.clicks(guest, button, bot.posted())
    assert guest.modal() is None
    (said,) = private_messages(guest, bot.channel)
    assert "not an approver" in said or "is a guest" in said


def test_guests_who_are_approvers_get_the_modals(start_bot: StartBot, guest: SimulatedUser) -> None:
    bot = start_bot(approval={"approvers": [guest.id], "type_to_confirm_over": "10%"})
    message = bot.posted()
    for button in ("approve_plan", "pin_tags"):
        bot.clicks(guest, button, message)
        assert "input" in str(guest.modal())
