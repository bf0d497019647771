"""Announces a pause in every channel with an open plan, and its end in the same channels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from slack_sdk import WebClient

from bot.core.records import Pause
from bot.parallel import call_all
from bot.slack.api import UNREACHABLE, MessageContent, SlackError, post_message
from bot.slack.messages.pauses import pause_announcement, resumption_announcement
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class PauseAnnouncer:
    """Posts each announcement once per channel, even with several workers: only the caller that
    marks it in the store posts. It does not matter where the pause was made."""

    client: WebClient
    store: Store

    def announce(self, limit: int) -> None:
        """Posts up to `limit` missing announcements. Raises ServiceError if Slack or the database
        fails; the next call retries it."""
        call_all(islice(self._missing(), limit))

    def _missing(self) -> Iterator[Callable[[], None]]:
        pause, announced = self.store.pause(), self.store.announced_pauses()
        for channel, paused_at in announced.items():
            if pause is None or pause.at != paused_at:
                yield partial(self._announce_end, channel, paused_at)
        if pause:
            for channel in self.store.channels_with_open_plans():
                if channel not in announced:
                    yield partial(self._announce, channel, pause)

    def _announce(self, channel: str, pause: Pause) -> None:
        if not self.store.mark_pause_announced(channel, pause.at):
            return
        try:
            self._post(channel, pause_announcement(pause))
        except SlackError:
            self.store.mark_pause_over(channel, pause.at)
            raise

    def _announce_end(self, channel: str, paused_at: datetime) -> None:
        if not self.store.mark_pause_over(channel, paused_at):
            return
        try:
            self._post(channel, resumption_announcement(self.store.end_of_pause(paused_at)))
        except SlackError:
            self.store.mark_pause_announced(channel, paused_at)
            raise

    def _post(self, channel: str, content: MessageContent) -> None:
        """Posts nothing in a channel that the bot cannot post in."""
        try:
            post_message(self.client, "Announcing a pause", channel, content)
        except SlackError as error:
            if error.code not in UNREACHABLE:
                raise
