"""Posts reports and summaries, and shows the progress of requested reports."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.core.records import Message
from bot.core.schedules import Rest
from bot.slack.api import (
    MessageContent,
    PostLimiter,
    SlackError,
    post_message,
    update_message,
)
from bot.slack.messages.report_status import rest_message
from bot.slack.plan_messages import PlanMessages

SECONDS_BETWEEN_UPDATES = 3.0
SECONDS_AFTER_FAILURE = 30.0

_GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})


@dataclass(frozen=True, slots=True)
class PacedReports:
    """Posts reports as fast as Slack accepts messages in a channel. A report in place of a
    placeholder does not wait. Every method raises SlackError, and ServiceError if the database
    fails."""

    plan_messages: PlanMessages
    limiter: PostLimiter

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        remember: Callable[[Message], None] | None = None,
    ) -> Message:
        if in_place_of is None:
            self.limiter.wait(channel)
        return self.plan_messages.post(plan_id, channel, in_place_of, remember)

    def fold_older(self, message: Message) -> None:
        self.plan_messages.fold_older(message)


def post_summary(client: WebClient, channel: str, rest: Rest) -> str:
    """The summary of a round: reports that are not posted. Returns the `ts` of the message. Raises
    SlackError."""
    return post_message(client, "Telling of the other repositories", channel, rest_message(rest))


class ReportPlaceholder:
    """The message that shows the progress of planning, until it shows the plan. `ts`: None if there
    is no such message. `hasty`: a client without retries."""

    def __init__(
        self,
        client: WebClient,
        hasty: WebClient,
        channel: str,
        ts: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.channel = channel
        self.ts = ts
        self._client = client
        self._hasty = hasty
        self._clock = clock
        self._next_update = clock() + SECONDS_BETWEEN_UPDATES

    def show_progress(self, content: Callable[[], MessageContent]) -> None:
        """At most every SECONDS_BETWEEN_UPDATES. Ignores failures of Slack."""
        if self.ts is None or self._clock() < self._next_update:
            return
        self._next_update = self._clock() + SECONDS_BETWEEN_UPDATES
        try:
            self._update(self._hasty, self.ts, content())
        except SlackError:
            self._next_update = self._clock() + SECONDS_AFTER_FAILURE

    def show_failure(self, content: MessageContent) -> None:
        """Shows why there is no report; in a new message if the placeholder is gone. Raises
        SlackError."""
        try:
            if self.ts is not None:
                self._update(self._client, self.ts, content)
                return
        except SlackError as error:
            if error.code not in _GONE:
                raise
        post_message(self._client, "Answering", self.channel, content)

    def _update(self, client: WebClient, ts: str, content: MessageContent) -> None:
        update_message(client, "Answering", self.channel, ts, content)
