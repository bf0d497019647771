"""How every listener runs: it acknowledges first, handles a payload once even if Slack delivers it
twice, and answers every error to the person who acted."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError
from slack_bolt import Ack, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.core.errors import RequestError, ServiceError
from bot.slack.api import MessageContent, SlackError, calling, post_message, safe
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import refusal, refused
from bot.slack.payloads import (
    ApprovalSubmission,
    CommandButtonClick,
    ConfirmUsageClick,
    ExtendPinClick,
    HomeTabOpened,
    ImagesPageClick,
    PayloadSender,
    PinSubmission,
    PlanButtonClick,
    SlashCommandPayload,
    UnpinClick,
    sender_of,
)

LULL = 0.1
"""Seconds without an acknowledgement, after which listeners start. Of 200 payloads at once, the
slowest acknowledgement took a third to a half of the time that it takes without this delay
(tried)."""

LONGEST_DELAY = 0.5
"""Seconds that a listener waits at most: a modal has to open within three."""

RESPONSE_URL_TIMEOUT = 5
"""Seconds."""

UNEXPECTED_PAYLOAD = (
    "That is from another version of ecr-clean, so nothing was done. Ask for a new report: "
    "/ecr-clean REPOSITORY"
)
INTERNAL_ERROR = "That did not work: a bug of ecr-clean's own. Its log shows more."

Body = dict[str, Any]
Payload = TypeVar(
    "Payload",
    SlashCommandPayload,
    CommandButtonClick,
    PlanButtonClick,
    ImagesPageClick,
    ExtendPinClick,
    UnpinClick,
    ConfirmUsageClick,
    ApprovalSubmission,
    PinSubmission,
    HomeTabOpened,
)
P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class UnexpectedPayloadError(Exception):
    """A payload that this version of the bot never causes."""


class ListenerExecutor(ThreadPoolExecutor):
    """Delays listeners while acknowledgements go out: Python's threads take turns, so a running
    listener would delay them."""

    def __init__(self, threads: int, lull: float = LULL) -> None:
        super().__init__(threads, thread_name_prefix="listener")
        self._lull = lull
        self._acknowledged_at = time.monotonic()

    def note_acknowledgement(self) -> None:
        self._acknowledged_at = time.monotonic()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The delay counts from here, so a listener that waits for a thread does not wait twice."""
        self.note_acknowledgement()
        latest = time.monotonic() + LONGEST_DELAY
        return super().submit(self._run_after_lull, latest, fn, *args, **kwargs)

    def _run_after_lull(
        self, latest: float, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        while (left := min(self._acknowledged_at + self._lull, latest) - time.monotonic()) > 0:
            time.sleep(left)
        return fn(*args, **kwargs)


def acknowledge(ack: Ack, next_: Callable[[], None]) -> BoltResponse:
    """A middleware of listeners: Bolt runs middleware in the thread of the payload, before the
    listener waits for a thread."""
    acknowledged = ack()
    next_()
    return acknowledged


def make_listener(
    context: SlackContext, form: type[Payload], handle: Callable[[SlackContext, Payload], None]
) -> Callable[[Body], None]:
    """Handles each payload once. Reports errors itself: Bolt would pass them to its error handler,
    but forget that the payload was acknowledged (slack_bolt 1.30, ThreadListenerRunner)."""

    def listener(body: Body) -> None:
        try:
            payload = form.model_validate(body)
            if context.store.record_delivery(payload.trigger_id, context.clock()):
                handle(context, payload)
        except Exception as error:  # noqa: BLE001 - every error is answered
            report_error(context, error, body)

    return listener


def make_error_handler(context: SlackContext) -> Callable[[Exception, Body], BoltResponse]:
    """For payloads that no listener takes. Slack gets an acknowledgement."""

    def handle(error: Exception, body: Body) -> BoltResponse:
        report_error(context, error, body)
        return BoltResponse(status=200)

    return handle


def report_error(context: SlackContext, error: Exception, body: Mapping[str, Any]) -> None:
    """In the log, and to the person who acted."""
    log_error(error, debug=context.debug)
    if sender := sender_of(body):
        answer(context, sender, _as_message(error))


def log_error(error: Exception, *, debug: bool) -> None:
    """Without the payload. Refusals are in the audit instead."""
    if isinstance(error, RequestError):
        return
    if _is_unexpected_payload(error):
        _log.warning("What Slack sent does not fit: %s", _misfits(error))
    elif isinstance(error, ServiceError):
        _log.warning("%s", error, exc_info=debug)
    else:
        kind = type(error).__name__
        _log.error("A bug of ecr-clean's own (%s): --debug shows more", kind, exc_info=debug)


def answer(context: SlackContext, sender: PayloadSender, content: MessageContent) -> None:
    """Visible to the sender alone, in the channel of their action or else in a direct message."""
    if sender.response_url and _post_to_url(sender.response_url, content):
        return
    try:
        if not (sender.channel and _post_ephemeral(context, sender.channel, sender.user, content)):
            post_message(context.client, "Answering", sender.user, content)
    except SlackError as error:
        _log.warning("%s was not told why nothing happened: %s", sender.user, error)


def _as_message(error: Exception) -> MessageContent:
    if _is_unexpected_payload(error):
        return refusal(UNEXPECTED_PAYLOAD)
    if isinstance(error, RequestError):
        return refused(error)
    if isinstance(error, ServiceError):
        return refusal(f"That did not work. {error}")
    return refusal(INTERNAL_ERROR)


def _is_unexpected_payload(error: Exception) -> bool:
    return isinstance(error, ValidationError | UnexpectedPayloadError | BoltUnhandledRequestError)


def _misfits(error: Exception) -> str:
    """The fields of the payload that are wrong."""
    if not isinstance(error, ValidationError):
        return "nothing here listens to it"
    fields = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
    return ", ".join(sorted(set(fields))) or "it is empty"


def _post_to_url(url: str, content: MessageContent) -> bool:
    """False if the URL has expired or was used too often. Also works in channels without the
    bot."""
    try:
        response = WebhookClient(url, timeout=RESPONSE_URL_TIMEOUT).send(
            text=safe(content.text),
            blocks=safe(list(content.blocks)),
            response_type="ephemeral",
            replace_original=False,
        )
    except (SlackClientError, OSError, HTTPException):
        return False
    return response.status_code == 200


def _post_ephemeral(
    context: SlackContext, channel: str, user: str, content: MessageContent
) -> bool:
    """False if the bot or the person is not in the channel."""
    try:
        with calling("Answering"):
            context.client.chat_postEphemeral(
                channel=channel, user=user, text=content.text, blocks=list(content.blocks)
            )
    except SlackError as error:
        if error.code in {"channel_not_found", "not_in_channel", "user_not_in_channel"}:
            return False
        raise
    return True
