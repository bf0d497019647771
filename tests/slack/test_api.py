"""Calls of Slack's Web API: error sentences, and the rate of posts."""

import traceback
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState

from bot.playground.slack import BOT_TOKEN, CallFault, Workspace
from bot.slack.api import (
    SECONDS_BETWEEN_POSTS,
    PostLimiter,
    ShortWaitRetryHandler,
    SlackError,
    calling,
)


def failure(client: WebClient) -> SlackError:
    with pytest.raises(SlackError) as caught, calling("Asking who the bot is"):
        client.auth_test()
    text = "".join(traceback.format_exception(caught.value))
    assert BOT_TOKEN not in text
    return caught.value


def test_an_invalid_token(slack: Workspace) -> None:
    error = failure(WebClient("xoxb-nobody's", base_url=slack.api_url))
    assert error.code == "invalid_auth"
    assert str(error) == (
        "Asking who the bot is in Slack failed: Slack rejects the token (invalid_auth): set "
        "SLACK_BOT_TOKEN to the current bot token of the app"
    )


def test_a_revoked_token(client: WebClient, slack: Workspace) -> None:
    slack.remote.post("/tokens/revoke", kind="bot")
    assert "token_revoked" in str(failure(client))


def test_a_missing_scope(client: WebClient, slack: Workspace) -> None:
    slack.remote.put("/scopes", bot=[])
    with pytest.raises(SlackError) as caught, calling("Looking"):
        client.users_info(user="U1")
    assert caught.value.code == "missing_scope"
    assert "the app lacks the scope users:read: add it" in str(caught.value)


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_the_connection_breaks(client: WebClient, slack: Workspace, cut: str) -> None:
    slack.faults.add(CallFault(method="auth.test", cut=cut, times=None))  # type: ignore[arg-type]
    error = failure(client)
    assert error.code == ""
    assert "Slack could not be reached" in str(error)


@pytest.mark.usefixtures("waits")
def test_the_server_is_unreachable() -> None:
    error = failure(WebClient(BOT_TOKEN, base_url="http://127.0.0.1:9/"))
    assert "Check the network and SLACK_API_URL" in str(error)


@pytest.mark.parametrize(
    ("status", "body"), [(500, "<html>"), (200, "nonsense"), (200, '{"ok": false}')]
)
@pytest.mark.usefixtures("waits")
def test_an_unreadable_answer(client: WebClient, slack: Workspace, status: int, body: str) -> None:
    fault = CallFault(method="auth.test", body=body, times=None)
    slack.faults.add(fault if status == 200 else CallFault(method="*", status=status, times=None))
    assert "failed" in str(failure(client))


def test_the_error_contains_slacks_details(client: WebClient, slack: Workspace) -> None:
    channel = slack.remote.add_channel("general")
    with pytest.raises(SlackError, match=r"invalid_blocks; .*nonsense"), calling("Showing"):
        client.chat_postMessage(channel=channel, text="x", blocks=[{"type": "nonsense"}])


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))


def test_each_channel_has_its_own_rate() -> None:
    time = Time()
    limiter = PostLimiter(time, time.sleep)
    for channel in ("C1", "C2", "C1", "C1"):
        limiter.wait(channel)
    assert time.slept == [SECONDS_BETWEEN_POSTS, 2 * SECONDS_BETWEEN_POSTS]


def test_a_later_post_does_not_wait() -> None:
    time = Time()
    limiter = PostLimiter(time, time.sleep)
    limiter.wait("C1")
    time.now += SECONDS_BETWEEN_POSTS
    limiter.wait("C1")
    time.now += 1
    limiter.wait("C1")
    assert time.slept == [round(SECONDS_BETWEEN_POSTS - 1, 3)]


@pytest.mark.parametrize(
    ("status", "headers", "again"),
    [
        (429, {"Retry-After": ["1"]}, True),
        (429, {"retry-after": ["0"]}, True),
        (429, {"Retry-After": ["2"]}, False),
        (429, {"Retry-After": ["soon"]}, False),
        (429, {}, False),
        (500, {"Retry-After": ["1"]}, False),
    ],
)
def test_only_a_short_wait_is_retried(status: int, headers: dict[str, Any], again: bool) -> None:  # noqa: FBT001
    answer = HttpResponse(status_code=status, headers=headers)
    request: Any = SimpleNamespace(spec=HttpRequest)
    assert (
        ShortWaitRetryHandler().can_retry(state=RetryState(), request=request, response=answer)
        is again
    )
    assert not ShortWaitRetryHandler().can_retry(
        state=RetryState(), request=request, error=OSError()
    )
