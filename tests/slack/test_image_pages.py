"""Show images: a modal with pages."""

import pytest

from bot.core.plan import Plan, PlanState
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.messages.block_kit import loading_view
from tests.slack.running_bot import RunningBot, content, private_messages, text_of, until
from tests.slack.support import buttons, calls


@pytest.fixture
def many() -> Plan:
    return content(*(f"1.{number}" for number in range(50)))


def test_any_user_who_sees_the_message_may_click(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(guest, "show_images", message)
    shown = text_of(guest.modal())
    assert "2 to delete, 1 to keep" in shown
    assert "`old`" in shown


def test_the_modal_opens_before_the_plan_is_read(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    bot.clicks(ann, "show_images", bot.posted())
    (opened,) = calls(slack, "views.open")
    assert opened["view"]["blocks"][0]["text"] == loading_view()["blocks"][0]["text"]


def test_another_page(bot: RunningBot, ann: SimulatedUser, many: Plan) -> None:
    bot.clicks(ann, "show_images", bot.posted(many))
    first = text_of(ann.modal())
    ann.uses("images_page:1")
    bot.wait_until_idle()
    second = text_of(ann.modal())
    assert "`1.1`" in first
    assert "`1.1`" not in second
    assert "images_page:0" in buttons(ann.modal() or {})


def test_shows_the_version_of_the_message(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "dismiss_plan", message)
    assert bot.stored(message).state is PlanState.DISMISSED
    bot.clicks(bob, "show_images", message)
    assert "2 to delete" in text_of(bob.modal())


def test_the_modal_is_closed_before_it_is_filled(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, caplog: pytest.LogCaptureFixture
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", delay=0.5))
    ann.uses("show_images", channel=message.channel, ts=message.ts)
    until(ann.modal)
    ann.closes()
    bot.wait_until_idle()
    assert ann.modal() is None
    assert private_messages(ann, bot.channel) == []
    assert "bot.slack" not in caplog.text


def test_another_page_in_a_closed_modal(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, many: Plan
) -> None:
    bot.clicks(ann, "show_images", bot.posted(many))
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    assert ann.uses("images_page:1").ok
    bot.wait_until_idle()
    assert private_messages(ann, bot.channel) == []


def test_the_plan_is_unknown(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()
    monkeypatch.setattr(bot.store, "plan", lambda _: None)
    bot.clicks(ann, "show_images", message)
    assert f"No plan {message.plan}" in text_of(ann.modal())


def test_slack_is_busy(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error="ratelimited", retry_after=30))
    bot.clicks(ann, "show_images", message)
    (said,) = private_messages(ann, bot.channel)
    assert "Slack's rate limit is reached" in said


def test_slack_rejects_the_update(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", error="internal_error"))
    bot.clicks(ann, "show_images", message)
    assert "Showing a modal in Slack failed" in text_of(ann.modal())
