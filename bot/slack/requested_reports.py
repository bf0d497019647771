"""Reports that users request: posts a placeholder immediately, which the worker turns into the
report.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.core.errors import RequestError, ServiceError
from bot.core.permissions import SlackUser
from bot.core.records import PlanMessage
from bot.core.report_schedules import RoundSummary
from bot.render.errors import error_words
from bot.render.hints import Surface
from bot.slack.api import (
    CANNOT_POST,
    MessageContent,
    PostLimiter,
    SlackError,
    delete_message,
    post_message,
    post_privately,
    update_message,
)
from bot.slack.listener import answer
from bot.slack.listener_context import SlackContext
from bot.slack.messages.report_progress import (
    failed_message,
    requested_message,
    summary_list_message,
    summary_message,
)
from bot.slack.payloads import ConfirmUsageClick, PayloadSender, PlanButtonClick
from bot.slack.plan_messages import PlanMessages

SECONDS_BETWEEN_UPDATES = 3.0
SECONDS_AFTER_FAILURE = 30.0

_GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})

_log = logging.getLogger(__name__)


def request_report(
    context: SlackContext, repository: str, sender: PayloadSender, channel: str
) -> None:
    """Requests a report in a new message. Raises RequestError if the user may not, or the bot
    cannot post there."""
    person = context.person(sender)
    context.report_requests.expect_may_request(person)
    placeholder = requested_message(repository, person.id)
    ts = post_placeholder(context, channel, placeholder)
    try:
        context.report_requests.put(person, repository, channel, ts)
    except ServiceError as error:
        if ts:
            _show(context, channel, ts, failed_message(error_words(error, Surface.SLACK)))
        raise
    if ts is None:
        answer(context, sender, placeholder)


def request_new_plan(
    context: SlackContext, click: PlanButtonClick | ConfirmUsageClick, person: SlackUser
) -> None:
    """Requests a new plan, which replaces the clicked message. Raises RequestError if the user may
    not, ServiceError if the database fails."""
    plan = context.plan(click.ref.plan)
    context.report_requests.expect_may_request(person)
    if not _is_first_click(context, click):
        return
    placeholder = requested_message(plan.repository.name, person.id)
    _show(context, click.channel_id, click.ts, placeholder)
    try:
        context.report_requests.put(person, plan.repository.uri, click.channel_id, click.ts)
    except ServiceError:
        context.store.save_message(PlanMessage(plan.id, click.channel_id, click.ts, click.thread))
        raise


def _is_first_click(context: SlackContext, click: PlanButtonClick | ConfirmUsageClick) -> bool:
    """False for further clicks on the message until its content changes."""
    message = context.store.message(click.channel_id, click.ts)
    shows = f"{message.plan} {message.updates}" if message else str(click.ref)
    key = f"again {click.channel_id} {click.ts} {shows}"
    return context.store.record_delivery(key, context.clock())


def post_placeholder(context: SlackContext, channel: str, content: MessageContent) -> str | None:
    """None if Slack fails temporarily; the report is then a new message."""
    try:
        return post_message(context.client, "Posting", channel, content)
    except SlackError as error:
        if error.code in CANNOT_POST:
            raise RequestError(
                "The bot cannot post here. In a private channel, invite it first with /invite. It "
                "cannot join direct messages between users: use a channel"
            ) from error
        _log.warning("%s; the report will be a new message", error)
        return None


def _show(context: SlackContext, channel: str, ts: str, content: MessageContent) -> None:
    """Logs a failure of Slack, without an exception."""
    try:
        update_message(context.client, "Answering", channel, ts, content)
    except SlackError as error:
        _log.warning("%s", error)


@dataclass(frozen=True, slots=True)
class RateLimitedReportPoster:
    """Posts reports at the rate that Slack accepts in a channel. A report that replaces a
    placeholder does not wait. Every method raises SlackError, and ServiceError if the database
    fails."""

    plan_messages: PlanMessages
    limiter: PostLimiter

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        save_message: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        if in_place_of is None:
            self.limiter.wait(channel)
        return self.plan_messages.post(plan_id, channel, in_place_of, save_message)

    def collapse_older(self, message: PlanMessage) -> None:
        self.plan_messages.collapse_older(message)


def post_summary(client: WebClient, channel: str, summary: RoundSummary) -> str:
    """Posts the summary of the scheduled reports that have no message of their own, and all names
    in its thread if there are many. Returns the `ts` of the summary. Raises SlackError if the
    summary is not posted."""
    ts = post_message(client, "Posting the summary", channel, summary_message(summary))
    if names := summary_list_message(summary):
        try:
            post_message(client, "Posting the names of repositories", channel, names, ts)
        except SlackError as error:
            _log.warning("%s", error)
    return ts


class ReportPlaceholder:
    """The message that shows the progress of planning, until it shows the plan. `ts`: None if there
    is no such message. `client_without_retries`: for progress."""

    def __init__(
        self,
        client: WebClient,
        client_without_retries: WebClient,
        channel: str,
        ts: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.channel = channel
        self.ts = ts
        self._client = client
        self._client_without_retries = client_without_retries
        self._clock = clock
        self._next_update = clock() + SECONDS_BETWEEN_UPDATES

    def show_progress(self, content: Callable[[], MessageContent]) -> None:
        """Updates the message at most every SECONDS_BETWEEN_UPDATES. Ignores failures of Slack."""
        if self.ts is None or self._clock() < self._next_update:
            return
        self._next_update = self._clock() + SECONDS_BETWEEN_UPDATES
        try:
            self._update(self._client_without_retries, self.ts, content())
        except SlackError:
            self._next_update = self._clock() + SECONDS_AFTER_FAILURE

    def show_failure(self, content: MessageContent) -> None:
        """Shows why there is no report. Posts a new message if the placeholder was deleted. Raises
        SlackError."""
        try:
            if self.ts is not None:
                self._update(self._client, self.ts, content)
                return
        except SlackError as error:
            if error.code not in _GONE:
                raise
        post_message(self._client, "Answering", self.channel, content)

    def show_refusal(self, user: str, content: MessageContent) -> None:
        """Shows only this user why there is no report, and deletes the message. If Slack refuses
        either, shows the reason in the message. Raises SlackError."""
        try:
            post_privately(self._client, self.channel, user, content)
            if self.ts is not None:
                delete_message(self._client, "Deleting a message", self.channel, self.ts)
        except SlackError as error:
            if error.code not in _GONE:
                self.show_failure(content)

    def _update(self, client: WebClient, ts: str, content: MessageContent) -> None:
        update_message(client, "Answering", self.channel, ts, content)
