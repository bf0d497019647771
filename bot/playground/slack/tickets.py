"""What the app is handed to be used soon: trigger ids, URLs to answer to, tickets for links.

Triggers: docs.slack.dev/interactivity/handling-user-interaction#modal_responses. Response URLs:
the same page, #message_responses.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.playground.clock import Clock
from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.errors import SlackError
from bot.playground.slack.ids import Ids
from bot.playground.slack.models import ResponseUrl, Trigger

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
TICKET_LIFE = timedelta(seconds=30)
MOST_USES = 5


class Triggers:
    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}

    def issue(self, user: str, view_id: str | None = None) -> str:
        number = self._ids.new("")
        trigger_id = f"{number}.{TEAM_ID[1:]}.{int(number):032x}"
        self._triggers[trigger_id] = Trigger(
            id=trigger_id, user=user, at=self._clock.now(), view_id=view_id
        )
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Spends it; raises SlackError."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_spent:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() - trigger.at >= TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self._triggers[trigger_id] = replace(trigger, is_spent=True)
        return trigger


class LinkTickets:
    """What lets the app open one connection; not used, it lapses after a while."""

    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self._tickets: dict[str, datetime] = {}

    def issue(self) -> str:
        ticket = f"{int(self._ids.new('')):032x}"
        self._tickets[ticket] = self._clock.now()
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Whether it is good, which it is only once."""
        issued_at = self._tickets.pop(ticket, None)
        return issued_at is not None and self._clock.now() - issued_at < TICKET_LIFE


class ResponseUrls:
    """Kept by their paths; whoever knows the stand-in's address makes URLs of them."""

    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}

    def issue(
        self, kind: str, user: str, channel: str, message_ts: str | None = None
    ) -> ResponseUrl:
        """`kind` is `commands` or `actions`, as in the URLs of hooks.slack.com."""
        path = f"/{kind}/{TEAM_ID}/{self._ids.new('')}/{self._ids.short()}"
        url = ResponseUrl(
            path=path,
            user=user,
            channel=channel,
            at=self._clock.now(),
            message_ts=message_ts,
        )
        self._urls[path] = url
        return url

    def use(self, path: str) -> ResponseUrl:
        """Counts one use; raises SlackError."""
        url = self._urls.get(path)
        if url is None:
            raise SlackError("invalid_url", status=404)
        if self._clock.now() - url.at >= RESPONSE_URL_LIFE:
            raise SlackError("expired_url", status=404)
        if url.uses >= MOST_USES:
            raise SlackError("used_url", status=404)
        self._urls[path] = replace(url, uses=url.uses + 1)
        return url
