"""Calls of Slack's Web API: what went wrong, in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.core.errors import ServiceError
from bot.outgoing import quoted
from bot.slack.message import Content

_TOKEN_IS_WRONG = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)

_WHAT_TO_DO = {
    "channel_not_found": "the bot sees no such channel: check its id, and invite the bot to it",
    "is_archived": "the channel is archived: take another, or bring it back",
    "no_such_subteam": "the workspace has no such user group, or it is disabled: check its id",
    "not_in_channel": "the bot is not in the channel: invite it",
    "ratelimited": "Slack wants to be asked less often: try again in a minute",
    "restricted_action": "the workspace does not let the bot post there: ask its administrators",
}
"""By Slack's name of the error."""


NOBODY_THERE = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "messages_tab_disabled",
        "not_enabled",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "user_disabled",
        "user_is_bot",
        "user_is_restricted",
        "user_not_found",
        "user_not_in_channel",
        "user_not_visible",
    }
)
"""What Slack says of people and channels that nothing can be told, however often it is tried."""


NO_WAY_IN = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action"})
"""Of a channel in which the bot cannot post before somebody mended it."""


class SlackError(ServiceError):
    """`code`: Slack's name of the error, empty if no answer came that could be read."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.code = code


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """`what` begins the sentence: `Showing the plan`. Raises SlackError, which never tells a
    token."""
    try:
        yield
    except SlackApiError as error:
        answer = _answer(error)
        code = str(answer.get("error") or "")
        raise SlackError(f"{what} in Slack failed: {_told(code, answer)}", code) from error
    except ValueError as error:
        raise SlackError(
            f"{what} in Slack failed, since it could not be sent ({type(error).__name__}): check "
            "SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_API_URL"
        ) from error
    except (SlackClientError, OSError, HTTPException) as error:
        raise SlackError(
            f"{what} in Slack failed, since Slack could not be reached "
            f"({type(error).__name__}): check the network and SLACK_API_URL"
        ) from error


def post(
    client: WebClient, what: str, channel: str, content: Content, thread: str | None = None
) -> str:
    """The `ts` of the new message. `what` as `in_words` has it; `channel` may be a person's id;
    `thread`: the `ts` of the message that it answers. Raises SlackError."""
    with in_words(what):
        posted = client.chat_postMessage(
            channel=channel, thread_ts=thread, text=content.text, blocks=list(content.blocks)
        )
    return str(posted["ts"])


def update(client: WebClient, what: str, channel: str, ts: str, content: Content) -> None:
    """Of a message that is there. `what` as `in_words` has it. Raises SlackError."""
    with in_words(what):
        client.chat_update(channel=channel, ts=ts, text=content.text, blocks=list(content.blocks))


def _answer(error: SlackApiError) -> dict[str, Any]:
    found = getattr(error.response, "data", error.response)
    return found if isinstance(found, dict) else {}


def _told(code: str, answer: dict[str, Any]) -> str:
    if code == "missing_scope":
        return (
            f"the app lacks the scope {quoted(str(answer.get('needed')))}: add it in the app's "
            "settings under OAuth & Permissions, and install the app again"
        )
    if code in _TOKEN_IS_WRONG:
        return (
            f"Slack does not take the token ({code}): set SLACK_BOT_TOKEN to the bot token of "
            "the app as it is installed now"
        )
    if not code:
        return "its answer could not be read: try again in a minute"
    problems = (answer.get("response_metadata") or {}).get("messages") or ()
    return "; ".join([_WHAT_TO_DO.get(code) or quoted(code), *map(quoted, map(str, problems))])
