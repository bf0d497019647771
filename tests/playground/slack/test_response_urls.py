"""Response URLs with slack_sdk's WebhookClient."""

from datetime import timedelta

import pytest
from slack_sdk.webhook import WebhookClient

from bot.playground.slack import SimulatedUser, Workspace

from .helpers import Bot, actions, button, section


@pytest.fixture
def secret(slack: Workspace, ann: SimulatedUser, bob: SimulatedUser) -> str:
    """A private channel that the bot is not in."""
    return slack.remote.add_channel("secret", [ann, bob], kind="private", with_bot=False)


@pytest.fixture
def hook(bot: Bot, ann: SimulatedUser, secret: str) -> WebhookClient:
    """The response URL of a command in a channel that the bot is not in."""
    assert ann.types("/clean x", secret).ok
    return WebhookClient(bot.payloads("slash_commands")[-1]["response_url"])


def test_an_answer_is_ephemeral_by_default(
    slack: Workspace, hook: WebhookClient, ann: SimulatedUser, bob: SimulatedUser, secret: str
) -> None:
    answer = hook.send(text="psst", blocks=[section()])
    assert (answer.status_code, answer.body) == (200, "ok")
    assert [(each["text"], each["ephemeral"]) for each in ann.messages(secret)] == [("psst", True)]
    assert bob.messages(secret) == []
    hook.send(text="hello", response_type="in_channel")
    assert [each["text"] for each in bob.messages(secret)] == ["hello"]
    assert slack.remote.warnings() == []


def test_five_uses(hook: WebhookClient) -> None:
    assert [hook.send(text="x").status_code for _ in range(5)] == [200] * 5
    sixth = hook.send(text="x")
    assert sixth.status_code == 404
    assert "used_url" in sixth.body


def test_thirty_minutes(slack: Workspace, hook: WebhookClient) -> None:
    slack.clock.shift(timedelta(minutes=29, seconds=50))
    assert hook.send(text="x").status_code == 200
    slack.clock.shift(timedelta(seconds=10))
    late = hook.send(text="x")
    assert late.status_code == 404
    assert "expired_url" in late.body


def test_an_unknown_url(slack: Workspace) -> None:
    answer = WebhookClient(f"{slack.url}/hooks/commands/T1/1/x").send(text="x")
    assert answer.status_code == 404


def test_content_is_checked(hook: WebhookClient, ann: SimulatedUser, secret: str) -> None:
    refused = hook.send(text="x", blocks=[section("x" * 3001)])
    assert "invalid_blocks" in refused.body
    assert "no_text" in hook.send_dict({"response_type": "ephemeral"}).body
    assert ann.messages(secret) == []


def test_replacing_and_deleting_the_clicked_message(
    bot: Bot, ann: SimulatedUser, bob: SimulatedUser, secret: str, hook: WebhookClient
) -> None:
    hook.send(text="report", response_type="in_channel", blocks=[actions(button())])
    [report] = ann.messages(secret)
    assert ann.uses("go", channel=secret, ts=report["ts"]).ok
    clicked = WebhookClient(bot.payloads("block_actions")[-1]["response_url"])
    clicked.send(text="done", replace_original=True)
    [seen] = bob.messages(secret)
    assert (seen["text"], seen["ts"], "blocks" in seen) == ("done", report["ts"], False)
    clicked.send_dict({"delete_original": True})
    assert bob.messages(secret) == []
    assert "message_not_found" in clicked.send(text="x", replace_original=True).body


def test_an_ephemeral_can_be_replaced(
    bot: Bot, ann: SimulatedUser, secret: str, hook: WebhookClient
) -> None:
    hook.send(text="sure?", blocks=[actions(button())])
    [asked] = ann.messages(secret)
    assert ann.uses("go", channel=secret, ts=asked["ts"]).ok
    clicked = WebhookClient(bot.payloads("block_actions")[-1]["response_url"])
    clicked.send(text="done", replace_original=True)
    [seen] = ann.messages(secret)
    assert (seen["text"], seen["ephemeral"]) == ("done", True)


def test_warnings(slack: Workspace, hook: WebhookClient) -> None:
    hook.send_dict({"blocks": [section()], "color": "red"})
    texts = [warning["text"] for warning in slack.remote.warnings()]
    assert texts == [
        "unknown argument color",
        "no text for screen readers and notifications",
    ]
