"""Show images: a modal with pages."""

import pytest

from bot.core.plan import Plan, PlanState
from bot.playground.slack import CallFault, Person, Workspace
from bot.slack.messages.block_kit import loading_view
from tests.slack.running_bot import RunningBot, content, private_messages, text_of, until
from tests.slack.support import buttons, calls


@pytest.fixture
def many() -> Plan:
    return content(*(f"1.{number}" for number in range(50)))


def test_anybody_who_sees_the_message_may_look(bot: RunningBot, guest: Person) -> None:
    message = bot.posted()
    bot.clicks(guest, "show_images", message)
    shown = text_of(guest.modal())
    assert "2 go, 1 stays" in shown
    assert "`old`" in shown


def test_the_window_is_open_before_anything_is_read(
    bot: RunningBot, slack: Workspace, ann: Person
) -> None:
    bot.clicks(ann, "show_images", bot.posted())
    (opened,) = calls(slack, "views.open")
    assert opened["view"]["blocks"][0]["text"] == loading_view()["blocks"][0]["text"]


def test_pages_are_turned(bot: RunningBot, ann: Person, many: Plan) -> None:
    bot.clicks(ann, "show_images", bot.posted(many))
    first = text_of(ann.modal())
    ann.uses("images_page:1")
    bot.settle()
    second = text_of(ann.modal())
    assert "`1.1`" in first
    assert "`1.1`" not in second
    assert "images_page:0" in buttons(ann.modal() or {})


def test_the_version_that_the_message_shows(
    bot: RunningBot, slack: Workspace, ann: Person, bob: Person
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "dismiss_plan", message)
    assert bot.stored(message).state is PlanState.DISMISSED
    bot.clicks(bob, "show_images", message)
    assert "2 go" in text_of(bob.modal())


def test_the_modal_is_closed_meanwhile(
    bot: RunningBot, slack: Workspace, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", delay=0.5))
    ann.uses("show_images", channel=message.channel, ts=message.ts)
    until(ann.modal)
    ann.closes()
    bot.settle()
    assert ann.modal() is None
    assert private_messages(ann, bot.channel) == []
    assert "bot.slack" not in caplog.text


def test_a_page_is_turned_in_a_modal_that_is_closed(
    bot: RunningBot, slack: Workspace, ann: Person, many: Plan
) -> None:
    bot.clicks(ann, "show_images", bot.posted(many))
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    assert ann.uses("images_page:1").ok
    bot.settle()
    assert private_messages(ann, bot.channel) == []


def test_the_plan_is_not_known_any_more(
    bot: RunningBot, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()
    monkeypatch.setattr(bot.store, "plan", lambda _: None)
    bot.clicks(ann, "show_images", message)
    assert f"No plan {message.plan}" in text_of(ann.modal())


def test_slack_is_busy(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error="ratelimited", retry_after=30))
    bot.clicks(ann, "show_images", message)
    (said,) = private_messages(ann, bot.channel)
    assert "Slack wants to be asked less often" in said


def test_slack_does_not_take_what_it_is_to_show(
    bot: RunningBot, slack: Workspace, ann: Person
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", error="internal_error"))
    bot.clicks(ann, "show_images", message)
    assert "Showing a window in Slack failed" in text_of(ann.modal())
