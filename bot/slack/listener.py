"""Runs listeners: acknowledges first, handles a payload once even if Slack delivers it twice, and
answers every error to the user who acted."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError
from slack_bolt import Ack, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.errors import SlackClientError

from bot.core.errors import RequestError, ServiceError
from bot.slack.api import MessageContent, SlackError, post_privately, post_to_response_url
from bot.slack.digest_payloads import (
    ChoiceChange,
    ChoiceSubmission,
    DigestClick,
    ReportChoice,
    StopPlansClick,
    TotalSubmission,
)
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import refusal, refused
from bot.slack.payloads import (
    ApprovalSubmission,
    AskApproversClick,
    CommandButtonClick,
    ConfirmUsageClick,
    ExtendPinClick,
    HomeTabOpened,
    PayloadSender,
    PinSubmission,
    PlanButtonClick,
    SlashCommandPayload,
    UnpinClick,
    sender_of,
)
from bot.slack.review_payloads import ReviewClick, ReviewPinClick, ReviewSearch

QUIET_SECONDS = 0.1
"""Listeners start after this time without an acknowledgement. Measured with 200 payloads at once:
the slowest acknowledgement takes a third to a half of the time that it takes without this delay."""

LONGEST_DELAY = 0.5
"""Seconds; the longest wait of a listener, since a modal must open within three."""

UNEXPECTED_PAYLOAD = (
    "This message is from another version of ecr-clean, so nothing was done. Request a new report: "
    "/ecr-clean REPOSITORY"
)
INTERNAL_ERROR = "Internal error. Details are in the bot's log."

Body = dict[str, Any]
Payload = TypeVar(
    "Payload",
    SlashCommandPayload,
    CommandButtonClick,
    PlanButtonClick,
    ReviewClick,
    ReviewPinClick,
    ReviewSearch,
    ExtendPinClick,
    UnpinClick,
    ConfirmUsageClick,
    AskApproversClick,
    ApprovalSubmission,
    PinSubmission,
    HomeTabOpened,
    DigestClick,
    ReportChoice,
    ChoiceChange,
    ChoiceSubmission,
    TotalSubmission,
    StopPlansClick,
)
P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class UnexpectedPayloadError(Exception):
    """A payload that no message of this version causes."""


class ListenerExecutor(ThreadPoolExecutor):
    """Delays listeners while acknowledgements are sent: Python runs one thread at a time, so a
    running listener would delay acknowledgements. `quiet_seconds`: as QUIET_SECONDS."""

    def __init__(self, threads: int, quiet_seconds: float = QUIET_SECONDS) -> None:
        super().__init__(threads, thread_name_prefix="listener")
        self._quiet_seconds = quiet_seconds
        self._acknowledged_at = time.monotonic()

    def note_acknowledgement(self) -> None:
        self._acknowledged_at = time.monotonic()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The delay counts from this call, so a listener that waits for a thread does not wait
        twice."""
        self.note_acknowledgement()
        latest = time.monotonic() + LONGEST_DELAY
        return super().submit(self._run_after_quiet_time, latest, fn, *args, **kwargs)

    def _run_after_quiet_time(
        self, latest: float, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        while (left := min(self._quiet_until(), latest) - time.monotonic()) > 0:
            time.sleep(left)
        return fn(*args, **kwargs)

    def _quiet_until(self) -> float:
        return self._acknowledged_at + self._quiet_seconds


def acknowledge(ack: Ack, next_: Callable[[], None]) -> BoltResponse:
    """A middleware. Bolt runs it in the thread of the payload, before the listener waits for a
    thread."""
    acknowledged = ack()
    next_()
    return acknowledged


def already_answered() -> None:
    """The listener of a payload that a middleware answers: Bolt requires one."""


def make_listener(
    context: SlackContext, form: type[Payload], handle: Callable[[SlackContext, Payload], None]
) -> Callable[[Body], None]:
    """The listener handles each payload once. It reports errors itself, since Bolt's error handler
    does not know that the payload was acknowledged (slack_bolt 1.30, ThreadListenerRunner)."""

    def listener(body: Body) -> None:
        try:
            payload = form.model_validate(body)
            if context.store.record_delivery(payload.trigger_id, context.clock()):
                handle(context, payload)
        except Exception as error:  # noqa: BLE001 - every error is answered
            report_error(context, error, body)

    return listener


def make_error_handler(context: SlackContext) -> Callable[[Exception, Body], BoltResponse]:
    """For payloads without a listener. Acknowledges them."""

    def handle(error: Exception, body: Body) -> BoltResponse:
        report_error(context, error, body)
        return BoltResponse(status=200)

    return handle


def report_error(context: SlackContext, error: Exception, body: Mapping[str, Any]) -> None:
    """Logs the error, and answers it to the user who acted."""
    log_error(error, debug=context.debug)
    if sender := sender_of(body):
        answer(context, sender, _as_message(error))


def log_error(error: Exception, *, debug: bool) -> None:
    """Omits the payload. Does not log refusals, since the audit has them."""
    if isinstance(error, RequestError):
        return
    if _is_unexpected_payload(error):
        _log.warning("Slack sent an unexpected payload: %s", _wrong_fields(error))
    elif isinstance(error, ServiceError):
        _log.warning("%s", error, exc_info=debug)
    else:
        kind = type(error).__name__
        _log.error("Internal error (%s). --debug logs the traceback", kind, exc_info=debug)


def answer(
    context: SlackContext, sender: PayloadSender, content: MessageContent, *, replaces: bool = False
) -> None:
    """Only the sender sees the answer: in the channel of their action, or in a direct message.
    `replaces`: in place of the clicked message, which only they see."""
    if sender.response_url and _posted_to_url(
        context, sender.response_url, content, replaces=replaces
    ):
        return
    try:
        post_privately(context.client, sender.channel, sender.user, content)
    except SlackError as error:
        _log.warning("Could not answer %s: %s", sender.user, error)


def _as_message(error: Exception) -> MessageContent:
    if _is_unexpected_payload(error):
        return refusal(UNEXPECTED_PAYLOAD)
    if isinstance(error, RequestError):
        return refused(error)
    if isinstance(error, ServiceError):
        return refusal(str(error))
    return refusal(INTERNAL_ERROR)


def _is_unexpected_payload(error: Exception) -> bool:
    return isinstance(error, ValidationError | UnexpectedPayloadError | BoltUnhandledRequestError)


def _wrong_fields(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "no listener handles it"
    fields = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
    return ", ".join(sorted(set(fields))) or "it is empty"


def _posted_to_url(
    context: SlackContext, url: str, content: MessageContent, *, replaces: bool
) -> bool:
    """False if the URL has expired or was used too often."""
    post = partial(post_to_response_url, url, content.text, replaces=replaces)
    try:
        context.block_fallback.send(content.blocks, post)
    except (SlackClientError, OSError, HTTPException):
        return False
    return True
