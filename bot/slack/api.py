"""Calls to Slack's Web API: messages, removal of secrets, rate limits, and error sentences."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from threading import Lock
from typing import Any, NamedTuple

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpResponse
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient, WebhookResponse

from bot import sanitize
from bot.core.doctor_findings import SlackScope
from bot.core.errors import ServiceError

SECONDS_BETWEEN_POSTS = 1.1
"""Per channel: docs.slack.dev, rate limits, chat.postMessage."""

LONGEST_RETRY_WAIT = 1
"""Seconds, while a user waits. slack_sdk adds up to one, and a modal must open within three."""

RESPONSE_URL_TIMEOUT = 5
"""Seconds."""

SCOPES_HEADER = "x-oauth-scopes"
"""The header of Slack's answers that lists the scopes of the token."""

UNREACHABLE = frozenset(
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
"""Errors of users and channels for which a retry is useless."""

THREAD_GONE = UNREACHABLE | {"message_not_found", "thread_not_found"}
"""Errors of a thread in which the bot can no longer post."""

MESSAGE_GONE = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "not_in_channel",
        "thread_not_found",
    }
)
"""Errors of a message that is deleted or can never be updated again."""

CANNOT_POST = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action"})
"""Errors that last until a user changes the channel."""

WRONG_TOKEN = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)

_INVALID_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)

_FIXES = {
    "channel_not_found": "the bot cannot see the channel: check its ID, and invite the bot to it",
    "is_archived": "the channel is archived: use another channel, or unarchive it",
    "no_such_subteam": "the user group does not exist or is disabled: check its ID",
    "not_in_channel": "the bot is not in the channel: invite it",
    "ratelimited": "Slack's rate limit is reached: try again in a minute",
    "restricted_action": "the workspace does not let the bot post there: ask an administrator",
}
"""Cause and fix by Slack's error code."""

_RETURNED_TO_THE_BOT = frozenset({"initial_value", "private_metadata", "value"})
"""Slack sends these fields back to the bot, so only secrets are removed from them."""

_TOKEN = "token"  # noqa: S105 - the name of an argument
"""The argument that authenticates a call."""

_log = logging.getLogger(__name__)

Json = dict[str, Any]
"""A block or a view of Block Kit."""

CHART = "data_visualization"
"""The `type` of blocks that are charts."""

DATA_TABLE = "data_table"
"""The `type` of blocks that are tables which users can sort and filter."""


class MessageContent(NamedTuple):
    """Text and blocks of a message. `text`: a short form of the blocks, for notifications and
    screen readers."""

    text: str
    blocks: Sequence[Json] = ()


class SlackError(ServiceError):
    """A failed call of Slack. `code`: Slack's error code, empty if there was no readable answer."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class SanitizingWebClient(WebClient):
    """Removes secrets and hidden characters from everything that it sends."""

    def api_call(self, api_method: str, **options: Any) -> SlackResponse:
        for kind in ("data", "json", "params"):
            if options.get(kind):
                options[kind] = safe(options[kind])
        return super().api_call(api_method, **options)


class ShortWaitRetryHandler(RateLimitErrorRetryHandler):
    """Retries once if Slack asks for a wait of at most LONGEST_RETRY_WAIT."""

    def _can_retry(self, *, response: HttpResponse | None = None, **call: Any) -> bool:
        can_retry = super()._can_retry(response=response, **call)
        return can_retry and _retry_after(response) <= LONGEST_RETRY_WAIT


class PostLimiter:
    """Limits the rate of posts to each channel. Thread-safe. `clock`: monotonic, in seconds;
    `sleep` may return early."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._free_at: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, channel: str) -> None:
        """Blocks until the caller may post in the channel."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free_at.get(channel, now))
            self._free_at[channel] = turn + SECONDS_BETWEEN_POSTS
        if turn > now:
            self._sleep(turn - now)


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Raises SlackError for every failure of a call. Its text starts with `what` ("Showing the
    plan") and never contains a token."""
    try:
        yield
    except SlackApiError as error:
        text = f"{what} in Slack failed: {error_cause(error)}"
        raise SlackError(text, error_code(error)) from error
    except ValueError as error:
        raise SlackError(
            f"{what} in Slack failed: the request is invalid ({type(error).__name__}). Check "
            "SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_API_URL"
        ) from error
    except (SlackClientError, OSError, HTTPException) as error:
        raise SlackError(
            f"{what} in Slack failed: Slack could not be reached ({type(error).__name__}). Check "
            "the network and SLACK_API_URL"
        ) from error


def post_message(
    client: WebClient, what: str, channel: str, content: MessageContent, thread: str | None = None
) -> str:
    """Returns the `ts` of the new message. `what`: as in `calling`; `channel`: or a user's ID;
    `thread`: the `ts` of the parent message. Raises SlackError."""
    with calling(what):
        posted = client.chat_postMessage(
            channel=channel, thread_ts=thread, text=content.text, blocks=list(content.blocks)
        )
    return str(posted["ts"])


def post_privately(
    client: WebClient, channel: str | None, user: str, content: MessageContent
) -> None:
    """Only the user sees the message: in the channel, or in a direct message if the channel is None
    or one of both is not in it. Raises SlackError."""
    try:
        if channel:
            with calling("Answering"):
                client.chat_postEphemeral(
                    channel=channel, user=user, text=content.text, blocks=list(content.blocks)
                )
            return
    except SlackError as error:
        if error.code not in {"channel_not_found", "not_in_channel", "user_not_in_channel"}:
            raise
    post_message(client, "Answering", user, content)


def delete_message(client: WebClient, what: str, channel: str, ts: str) -> None:
    """`what`: as in `calling`. Raises SlackError."""
    with calling(what):
        client.chat_delete(channel=channel, ts=ts)


def update_message(
    client: WebClient, what: str, channel: str, ts: str, content: MessageContent
) -> None:
    """`what`: as in `calling`. Raises SlackError."""
    with calling(what):
        client.chat_update(channel=channel, ts=ts, text=content.text, blocks=list(content.blocks))


def update_or_shorten(
    client: WebClient, what: str, channel: str, ts: str, content: MessageContent
) -> None:
    """As `update_message`. Sends only the text if Slack rejects the blocks."""
    try:
        update_message(client, what, channel, ts, content)
    except SlackError as error:
        if error.code not in _INVALID_BLOCKS:
            raise
        _log.error("Internal error: Slack rejects a message, sending its text only: %s", error)
        update_message(client, what, channel, ts, MessageContent(content.text))


def post_to_response_url(
    url: str, text: str, blocks: Sequence[Json], *, replaces: bool = False
) -> None:
    """Answers the user of a command or button, also in channels without the bot. `replaces`: in
    place of the clicked message, which only they see. Raises SlackApiError if Slack refuses the
    answer, and the other errors of slack_sdk's WebhookClient."""
    response = WebhookClient(url, timeout=RESPONSE_URL_TIMEOUT).send(
        text=safe(text),
        blocks=safe(list(blocks)),
        response_type="ephemeral",
        replace_original=replaces,
    )
    if answer := _refusal(response):
        raise SlackApiError("Slack refuses the answer", answer)  # type: ignore[no-untyped-call]


def error_code(error: SlackApiError) -> str:
    """Empty if Slack's answer cannot be read."""
    return str(_answer(error).get("error") or "")


def error_cause(error: SlackApiError) -> str:
    """Cause and fix, without secrets."""
    code, answer = error_code(error), _answer(error)
    if code == "missing_scope":
        needed = sanitize.quoted(str(answer.get("needed")))
        return (
            f"the app lacks the scope {needed}: add it in the app's settings under OAuth & "
            "Permissions, and reinstall the app"
        )
    if code in WRONG_TOKEN:
        return (
            f"Slack rejects the token ({code}): set SLACK_BOT_TOKEN to the current bot token of "
            "the app"
        )
    if not code:
        return "Slack's answer could not be read: try again in a minute"
    problems = (answer.get("response_metadata") or {}).get("messages") or ()
    details = [sanitize.quoted(str(each)) for each in problems]
    return "; ".join([_FIXES.get(code) or sanitize.quoted(code), *details])


def message_link(workspace_url: str, channel: str, ts: str) -> str:
    """`workspace_url`: from auth.test, ends with a slash. The link equals that of
    chat.getPermalink: docs.slack.dev, reference/methods/chat.getPermalink."""
    return f"{workspace_url}archives/{channel}/p{ts.replace('.', '')}"


def missing_scopes(header: str) -> tuple[SlackScope, ...]:
    """`header`: the value of SCOPES_HEADER, such as `chat:write,commands`."""
    granted = {scope.strip() for scope in header.split(",")}
    return tuple(scope for scope in SlackScope if scope not in granted)


def safe(payload: Any) -> Any:
    """The payload without secrets. Makes characters visible that would reverse or hide text."""
    match payload:
        case str():
            return sanitize.lines(payload)
        case dict():
            return {key: _safe_field(key, each) for key, each in payload.items()}
        case list() | tuple():
            return [safe(each) for each in payload]
        case _:
            return payload


def _safe_field(key: Any, value: Any) -> Any:
    if key == _TOKEN:
        return value
    if key in _RETURNED_TO_THE_BOT and isinstance(value, str):
        return sanitize.redacted(value)
    return safe(value)


def _retry_after(response: HttpResponse | None) -> float:
    """Seconds; infinite if the response has none."""
    headers = response.headers if response else {}
    values = [values[0] for name, values in headers.items() if name.lower() == "retry-after"]
    return float(values[0]) if values and values[0].isdecimal() else float("inf")


def _refusal(response: WebhookResponse) -> Json | None:
    """Slack's error, which it sends as JSON or as its code alone. None if Slack accepted the
    message."""
    is_ok = response.status_code == HTTPStatus.OK
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"error": response.body}
    return None if answer.get("ok", is_ok) else answer


def _answer(error: SlackApiError) -> dict[str, Any]:
    found = getattr(error.response, "data", error.response)
    return found if isinstance(found, dict) else {}
