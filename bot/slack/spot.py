"""Where somebody waits for a report."""

import time
from collections.abc import Callable

from slack_sdk import WebClient

from bot.slack.api import MessageContent, SlackError, post_message, update_message

SECONDS_BETWEEN_UPDATES = 3.0
SECONDS_AFTER_FAILURE = 30.0

_GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})


class Spot:
    """A message that says that a plan is being made, until it shows the plan. `ts` None: there is
    none. `hasty` is a client that never tries again."""

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
        self._again_at = clock() + SECONDS_BETWEEN_UPDATES

    def show_progress(self, content: Callable[[], MessageContent]) -> None:
        """Now and then, and never at a cost: what fails is left out."""
        if self.ts is None or self._clock() < self._again_at:
            return
        self._again_at = self._clock() + SECONDS_BETWEEN_UPDATES
        try:
            self._update(self._hasty, self.ts, content())
        except SlackError:
            self._again_at = self._clock() + SECONDS_AFTER_FAILURE

    def say(self, content: MessageContent) -> None:
        """What there is to say instead of a report. Raises SlackError."""
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
