"""IDs that the app must use within a short time: trigger IDs, response URLs, connection tickets.

Trigger IDs: docs.slack.dev/interactivity/handling-user-interaction#modal_responses. Response URLs:
the same page, #message_responses.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.playground.clock import SimulatedClock
from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.errors import SlackError
from bot.playground.slack.id_generator import IdGenerator
from bot.playground.slack.models import ModalTrigger, ResponseUrl

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
TICKET_LIFE = timedelta(seconds=30)
MAX_USES = 5


class TriggerIds:
    def __init__(self, ids: IdGenerator, clock: SimulatedClock) -> None:
        self._ids = ids
        self._clock = clock
        self._triggers: dict[str, ModalTrigger] = {}

    def issue(self, user: str, view_id: str | None = None) -> str:
        number = self._ids.new("")
        trigger_id = f"{number}.{TEAM_ID[1:]}.{int(number):032x}"
        self._triggers[trigger_id] = ModalTrigger(
            id=trigger_id, user=user, at=self._clock.now(), view_id=view_id
        )
        return trigger_id

    def exchange(self, trigger_id: str) -> ModalTrigger:
        """Uses the trigger ID up; raises SlackError if it is unknown, used or expired."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() - trigger.at >= TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self._triggers[trigger_id] = replace(trigger, is_used=True)
        return trigger


class ConnectionTickets:
    """Tickets for one Socket Mode connection each, valid for TICKET_LIFE."""

    def __init__(self, ids: IdGenerator, clock: SimulatedClock) -> None:
        self._ids = ids
        self._clock = clock
        self._tickets: dict[str, datetime] = {}

    def issue(self) -> str:
        ticket = f"{int(self._ids.new('')):032x}"
        self._tickets[ticket] = self._clock.now()
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Uses the ticket up. Returns whether it was valid."""
        issued_at = self._tickets.pop(ticket, None)
        return issued_at is not None and self._clock.now() - issued_at < TICKET_LIFE


class ResponseUrls:
    """Response URLs by path. Callers add the address of the stand-in."""

    def __init__(self, ids: IdGenerator, clock: SimulatedClock) -> None:
        self._ids = ids
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}

    def issue(
        self, kind: str, user: str, channel: str, message_ts: str | None = None
    ) -> ResponseUrl:
        """`kind` is `commands` or `actions`, as in the URLs of hooks.slack.com."""
        path = f"/{kind}/{TEAM_ID}/{self._ids.new('')}/{self._ids.short_id()}"
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
        """Counts one use; raises SlackError if the URL is unknown, expired or used up."""
        url = self._urls.get(path)
        if url is None:
            raise SlackError("invalid_url", status=404)
        if self._clock.now() - url.at >= RESPONSE_URL_LIFE:
            raise SlackError("expired_url", status=404)
        if url.uses >= MAX_USES:
            raise SlackError("used_url", status=404)
        self._urls[path] = replace(url, uses=url.uses + 1)
        return url
