"""What Slack says no with, in words; nothing tells a token."""

import traceback

import pytest
from slack_sdk import WebClient

from bot.playground.slack import BOT_TOKEN, Fault, Workspace
from bot.slack.calls import SlackError, in_words


def failure(client: WebClient) -> SlackError:
    with pytest.raises(SlackError) as caught, in_words("Asking who the bot is"):
        client.auth_test()
    told = "".join(traceback.format_exception(caught.value))
    assert BOT_TOKEN not in told
    return caught.value


def test_a_token_that_is_none(slack: Workspace) -> None:
    error = failure(WebClient("xoxb-nobody's", base_url=slack.api_url))
    assert error.code == "invalid_auth"
    assert str(error) == (
        "Asking who the bot is in Slack failed: Slack does not take the token (invalid_auth): set "
        "SLACK_BOT_TOKEN to the bot token of the app as it is installed now"
    )


def test_a_token_that_was_revoked(client: WebClient, slack: Workspace) -> None:
    slack.remote.tell("/tokens/revoke", kind="bot")
    assert "token_revoked" in str(failure(client))


def test_a_scope_that_is_missing(client: WebClient, slack: Workspace) -> None:
    slack.remote.change("/scopes", bot=[])
    with pytest.raises(SlackError) as caught, in_words("Looking"):
        client.users_info(user="U1")
    assert caught.value.code == "missing_scope"
    assert "the app lacks the scope users:read: add it" in str(caught.value)


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_the_line_is_cut(client: WebClient, slack: Workspace, cut: str) -> None:
    slack.faults.add(Fault(method="auth.test", cut=cut, times=None))  # type: ignore[arg-type]
    error = failure(client)
    assert error.code == ""
    assert "Slack could not be reached" in str(error)


@pytest.mark.usefixtures("waits")
def test_nobody_listens() -> None:
    error = failure(WebClient(BOT_TOKEN, base_url="http://127.0.0.1:9/"))
    assert "check the network and SLACK_API_URL" in str(error)


@pytest.mark.parametrize(
    ("status", "body"), [(500, "<html>"), (200, "nonsense"), (200, '{"ok": false}')]
)
@pytest.mark.usefixtures("waits")
def test_an_answer_that_says_nothing(
    client: WebClient, slack: Workspace, status: int, body: str
) -> None:
    fault = Fault(method="auth.test", body=body, times=None)
    slack.faults.add(fault if status == 200 else Fault(method="*", status=status, times=None))
    assert "failed" in str(failure(client))


def test_what_slack_found_wrong_is_told(client: WebClient, slack: Workspace) -> None:
    channel = slack.remote.add_channel("general")
    with pytest.raises(SlackError, match=r"invalid_blocks; .*nonsense"), in_words("Showing"):
        client.chat_postMessage(channel=channel, text="x", blocks=[{"type": "nonsense"}])
