"""Payloads that are forged, cut or from another version: the bot acknowledges them, answers if
possible, does not log their content, and keeps running."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from bot.playground.slack import TEAM_ID, SimulatedUser, Workspace
from bot.slack.listener import INTERNAL_ERROR, UNEXPECTED_PAYLOAD
from tests.slack.running_bot import (
    IN_DOUBT,
    SCANNED,
    Json,
    RunningBot,
    content,
    private_messages,
    until,
)
from tests.slack.support import buttons, calls, message_at

SECRET = "a-word-that-nobody-may-read"


def click(person: SimulatedUser, channel: str, ts: str, *actions: Json, **more: Any) -> Json:
    return {
        "type": "block_actions",
        "team": {"id": TEAM_ID},
        "user": {"id": person.id, "team_id": TEAM_ID},
        "trigger_id": f"1.2.{uuid4().hex}",
        "channel": {"id": channel},
        "container": {"type": "message", "message_ts": ts, "channel_id": channel},
        "actions": list(actions),
        **more,
    }


def action(action_id: str, value: Any = "abc:1") -> Json:
    return {
        "type": "button",
        "action_id": action_id,
        "block_id": "b",
        "value": value,
        "action_ts": "1.2",
    }


def submission(person: SimulatedUser, callback_id: str, metadata: str, values: Json) -> Json:
    return {
        "type": "view_submission",
        "team": {"id": TEAM_ID},
        "user": {"id": person.id, "team_id": TEAM_ID},
        "trigger_id": f"1.2.{uuid4().hex}",
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": metadata,
            "state": {"values": values},
        },
    }


def typed(value: Any) -> Json:
    return {"typed_name": {"typed_name": {"type": "plain_text_input", "value": value}}}


def chosen(option: str, duration: str) -> Json:
    """The inputs of the modal in which a user pins tags."""
    inputs: Json = {
        "pinned_tags": {"type": "multi_external_select", "selected_options": [{"value": option}]},
        "pin_reason": {"type": "plain_text_input", "value": "a customer runs it"},
        "pin_for": {"type": "static_select", "selected_option": {"value": duration}},
        "pin_until": {"type": "datepicker", "selected_date": None},
    }
    return {block: {block: each} for block, each in inputs.items()}


def chosen_plans(*plans: str) -> Json:
    select = {"type": "multi_external_select", "selected_options": [{"value": p} for p in plans]}
    return {"chosen_plans": {"chosen_plans": select}}


def typed_total(value: Any) -> Json:
    return {"typed_total": {"typed_total": {"type": "plain_text_input", "value": value}}}


URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"


def deliver(bot: RunningBot, payload: Any, kind: str = "interactive") -> None:
    """Delivers the payload and waits for the acknowledgement, of which the workspace warns."""
    envelope = {
        "envelope_id": str(uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": True,
    }
    bot.slack.remote.post("/raw", message=envelope)
    until(bot.slack.remote.warnings)
    bot.slack.remote.delete("/warnings")
    bot.wait_until_idle()


@pytest.fixture(autouse=True)
def _no_rate_limits(slack: Workspace) -> None:
    slack.remote.change_settings(limits=False)


@pytest.fixture(autouse=True)
def _logs_no_payload(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    ours = [each for each in caplog.records if each.name.startswith("bot.")]
    assert not any(SECRET in each.getMessage() or each.exc_info for each in ours)


BUTTONS: list[list[Json]] = [
    [],
    [action("approve_plan", SECRET)],
    [action("approve_plan", f"{SECRET}:1")],
    [action("approve_plan", "abc:-1")],
    [action("approve_plan", "abc:1:" + "a" * 101)],
    [action("approve_plan", "abc:1 OR 1=1")],
    [action("approve_plan", None)],
    [action("approve_plan", {"plan": "abc"})],
    [action("approve_plan", ["abc:1"])],
    [action("approve_plan"), action("dismiss_plan")],
    [action("drop_all", SECRET)],
    [action("approve_plan:x")],
    [action("undo_plan", "abc:1")],
    [action("pin_tags", "abc")],
    [action("unpin:0", f"{URI} 1.0")],
    [action("keep_pin", f"{URI} 1.0")],
    [action("keep_pin", f"nan {URI} 1.0")],
    [action("keep_pin", f"inf {URI} 1.0")],
    [action("keep_pin", f"1e9 {URI} a b")],
    [action("keep_pin", "1e9 example.com/team/api 1.0")],
    [action("run_command:0", "")],
    [action("run_command:0", "x" * 2001)],
    [action("approve_plans", SECRET)],
    [action("approve_plans", "unknown")],
    [action("approve_plans"), action("dismiss_plans")],
    [action("dismiss_plans", None)],
    [action("dismiss_plans", "unknown")],
    [action("stop_plans", "a" * 41)],
    [action("stop_plans", "unknown")],
    [action("open_report", "abc")],
    [action("open_report") | {"selected_option": None}],
    [action("open_report") | {"selected_option": {"value": SECRET}}],
    [action("open_report") | {"selected_option": {"value": "unknown"}}],
    [action("chosen_plans")],
]


def test_buttons(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    message = bot.posted()
    for actions in BUTTONS:
        before = private_messages(ann, bot.channel)
        with subtests.test(actions=actions):
            deliver(bot, click(ann, bot.channel, message.ts, *actions))
            assert bot.stored(message).current_approvals == ()
            assert private_messages(ann, bot.channel) == [
                *before,
                *([UNEXPECTED_PAYLOAD] if actions else []),
            ]


BROKEN: list[tuple[Json, str]] = [
    ({"trigger_id": "; DROP TABLE plans"}, "trigger_id"),
    ({"trigger_id": None}, "trigger_id"),
    ({"channel": None}, "channel"),
    ({"container": {}}, "container.message_ts"),
    ({"container": {"message_ts": "yesterday"}}, "container.message_ts"),
    ({"response_url": "file:///etc/passwd"}, "response_url"),
]


def test_broken_fields_of_a_click(
    bot: RunningBot, ann: SimulatedUser, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    message = bot.posted()
    payload = click(ann, bot.channel, message.ts, action("approve_plan", f"{message.plan}:1"))
    for broken, field in BROKEN:
        caplog.clear()
        with subtests.test(broken=broken):
            deliver(bot, payload | broken)
            assert bot.stored(message).current_approvals == ()
            assert caplog.messages == [f"Slack sent an unexpected payload: {field}"]


PAYLOADS: list[Json] = [
    {},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": None},
    {"type": "block_actions", "actions": [{}]},
    {"type": "block_actions", "user": {"id": SECRET}, "actions": [{"action_id": "x"}]},
    {"type": "view_submission"},
    {"type": "view_submission", "view": {}},
    {"type": "shortcut", "callback_id": SECRET},
    {"type": SECRET},
    {"type": "event_callback", "event": {"type": "message", "text": SECRET}},
]


def test_payloads_without_a_sender(
    bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests
) -> None:
    for payload in PAYLOADS:
        before = private_messages(ann, bot.channel)
        with subtests.test(payload=payload):
            deliver(bot, payload)
            bot.send_command(ann, "/ecr-clean help")
            assert len(private_messages(ann, bot.channel)) == len(before) + 1


SUBMISSIONS: list[tuple[str, str, Json]] = [
    ("confirm_plan", SECRET, typed("team/api")),
    ("confirm_plan", "abc:1", typed("team/api")),
    ("confirm_plan", f"abc:1:{SECRET}", typed("team/api")),
    ("confirm_plan", "abc:1:C1", {}),
    ("confirm_plan", "abc:1:C1", typed(None)),
    ("confirm_plan", "abc:1:C1", typed("a" * 3001)),
    ("pin_tags", "abc:1:C1", {}),
    ("images", "abc:1", {}),
    ("another", "abc:1", {}),
    ("choose_plans", SECRET, chosen_plans("abc")),
    ("choose_plans", "abc:C1:0", {}),
    ("choose_plans", "abc:C1:0", chosen_plans(SECRET)),
    ("choose_plans", "abc:C1:0", chosen_plans(*["abc"] * 1001)),
    ("choose_plans", "abc:C1:0", chosen_plans("abc")),
    ("confirm_plans", "abc:C1", typed_total("5")),
    ("confirm_plans", "abc:C1:-5", typed_total("-5")),
    ("confirm_plans", "abc:C1:5", typed_total(None)),
    ("confirm_plans", "abc:C1:5", typed_total("5")),
]


def test_modals(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    """The channel is unknown, so the answer is a direct message."""
    for number, (callback_id, metadata, values) in enumerate(SUBMISSIONS, 1):
        with subtests.test(callback_id=callback_id, metadata=metadata, values=values):
            deliver(bot, submission(ann, callback_id, metadata, values))
            said = [message["text"] for message in ann.messages(ann.opens_im())]
            assert said == [UNEXPECTED_PAYLOAD] * number


@pytest.mark.parametrize(
    "broken", [{"command": "/other"}, {"text": "a" * 40_001}, {"trigger_id": SECRET + "!"}]
)
def test_commands(bot: RunningBot, ann: SimulatedUser, broken: Json) -> None:
    payload = {
        "command": "/ecr-clean",
        "text": "team/api",
        "user_id": ann.id,
        "team_id": TEAM_ID,
        "channel_id": bot.channel,
        "response_url": f"{bot.slack.url}/hooks/commands/nothing",
        "trigger_id": "1.2.abc",
    }
    deliver(bot, payload | broken, "slash_commands")
    assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD]
    assert bot.jobs() == []


TEXTS = [
    "",
    "not json",
    "{",
    '{"type": "interactive"}',
    '{"type": "interactive", "envelope_id": "1", "payload": "a text"}',
    '{"type": "interactive", "envelope_id": "1", "payload": []}',
    '{"type": "disconnect"',
    '{"type": "disconnect", "reason": "link_disabled"',
    "\N{PILE OF POO}" * 1000,
]


def test_envelopes(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, subtests: pytest.Subtests
) -> None:
    for text in TEXTS:
        before = private_messages(ann, bot.channel)
        with subtests.test(text=text):
            slack.remote.post("/raw", text=text)
            bot.send_command(ann, "/ecr-clean help")
            assert len(private_messages(ann, bot.channel)) == len(before) + 1
            if "a text" in text:
                until(slack.remote.warnings)
                slack.remote.delete("/warnings")


USAGES = ["{plan}:1:1", "{plan}:1", "{plan}:1 x ecs here", "{plan}:1 4 ecs", "{plan} 4 ecs here"]


def test_invalid_usage(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    """The first value is from an earlier version."""
    message = bot.posted(content("new", "old", scans=[SCANNED, IN_DOUBT]))
    for number, value in enumerate(USAGES, 1):
        with subtests.test(value=value):
            button = action("confirm_usage:1", value.format(plan=message.plan))
            deliver(bot, click(ann, bot.channel, message.ts, button))
            assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD] * number
            assert bot.jobs() == []


def test_invalid_clicks_in_the_review(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "show_images", message)
    view = ann.modal()
    assert view
    for number, (id_, value) in enumerate(
        {"review_page:1": "x", "review_tab:0": "all", "review_pin:0": "sha256:1"}.items(), 1
    ):
        button = action(id_, value)
        deliver(bot, click(ann, bot.channel, message.ts, button, view=view))
        assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD] * number
    assert bot.store.pins() == []


def test_an_invalid_state_of_the_review(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "show_images", message)
    view = ann.modal()
    assert view
    for number, state in enumerate(("", "p:1 delete x ", "p:1 all 0 ", "p delete 0 "), 1):
        button = action("review_page:1", "1")
        changed = {**view, "private_metadata": state}
        deliver(bot, click(ann, bot.channel, message.ts, button, view=changed))
        assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD] * number


def test_a_click_without_a_digest_pins_all_that_were_pulled(
    bot: RunningBot, ann: SimulatedUser
) -> None:
    message = bot.posted(content("new", "old", pulled=3))
    deliver(bot, click(ann, bot.channel, message.ts, action("pin_pulled:0", f"{message.plan}:1")))
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("Pinned `old` in ")
    assert len(bot.store.pins()) == 1


def test_a_message_stays_with_its_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    """Even if a refused click in the message names another plan."""
    message = bot.posted()
    deliver(bot, click(ann, bot.channel, message.ts, action("approve_plan", "nothing:1")))
    known = bot.store.message(bot.channel, message.ts)
    assert known
    assert known.plan == message.plan
    assert "approve_plan" in buttons(message_at(ann, bot.channel, message.ts))


def test_an_internal_error(
    bot: RunningBot,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise KeyError(SECRET)

    message = bot.posted()
    monkeypatch.setattr(bot.store, "commit", fail)
    assert bot.clicks(ann, "approve_plan", message).ok
    assert private_messages(ann, bot.channel) == [INTERNAL_ERROR]
    (record,) = (each for each in caplog.records if each.levelno == logging.ERROR)
    assert record.getMessage() == "Internal error (KeyError). --debug logs the traceback"
    assert record.exc_info
    caplog.clear()


@pytest.mark.parametrize(
    ("option", "duration", "answers"), [("=old", "7y", [UNEXPECTED_PAYLOAD]), ("?x", "30d", [])]
)
def test_a_choice_that_was_never_offered(
    bot: RunningBot, ann: SimulatedUser, option: str, duration: str, answers: list[str]
) -> None:
    metadata = f"{bot.posted().plan}:1:{bot.channel}"
    deliver(bot, submission(ann, "pin_tags", metadata, chosen(option, duration)))
    assert private_messages(ann, bot.channel) == answers
    assert bot.store.pins() == []


def test_another_tab_of_the_app(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    event = {"type": "app_home_opened", "user": ann.id, "tab": "messages"}
    payload = {"type": "event_callback", "event_id": "Ev1", "team_id": TEAM_ID, "event": event}
    deliver(bot, payload, "events_api")
    assert calls(slack, "views.publish") == []
