"""Reports that people ask for: what is posted now, and turns into the report once a worker has made
it."""

import logging

from bot.core.authority import SlackPerson
from bot.core.errors import RequestError, ServiceError
from bot.core.records import Message
from bot.render.errors import error_words
from bot.slack.api import CANNOT_POST, MessageContent, SlackError, post_message, update_message
from bot.slack.blocks import asked_message, failed_message
from bot.slack.desk import Desk
from bot.slack.listeners.answering import answer
from bot.slack.payloads import Click, ClickOnUsage, Sender
from bot.usecases.ask_for_report import Wish

_log = logging.getLogger(__name__)


def report(desk: Desk, repository: str, sender: Sender, channel: str) -> None:
    """In a new message. Raises RequestError if the person may not, or the bot cannot post there."""
    person = desk.person(sender)
    desk.asker.expect_may_ask(person)
    asked = asked_message(repository, person.id)
    ts = _announce(desk, channel, asked)
    try:
        desk.asker.ask(person, Wish(repository, channel, ts))
    except ServiceError as error:
        _take_back(desk, channel, ts, failed_message(error_words(error)))
        raise
    if ts is None:
        answer(desk, sender, asked)


def replan(desk: Desk, click: Click | ClickOnUsage, person: SlackPerson) -> None:
    """In place of the message that was clicked on. Raises RequestError, and ServiceError once
    nobody knows what the message shows."""
    plan = desk.plan(click.ref.plan)
    desk.asker.expect_may_ask(person)
    if not _is_first(desk, click):
        return
    _show(desk, click.channel_id, click.ts, asked_message(plan.repository.name, person.id))
    try:
        desk.asker.ask(person, Wish(plan.repository.uri, click.channel_id, click.ts))
    except ServiceError:
        desk.store.remember_message(Message(plan.id, click.channel_id, click.ts))
        raise


def _is_first(desk: Desk, click: Click | ClickOnUsage) -> bool:
    """Of those who click on the same message before it shows something new."""
    message = desk.store.message(click.channel_id, click.ts)
    shows = f"{message.plan} {message.updates}" if message else str(click.ref)
    return desk.store.hear(f"again {click.channel_id} {click.ts} {shows}", desk.clock())


def _announce(desk: Desk, channel: str, content: MessageContent) -> str | None:
    """None if Slack is too busy just now: then the report is a message of its own."""
    try:
        return post_message(desk.client, "Posting", channel, content)
    except SlackError as error:
        if error.code in CANNOT_POST:
            raise RequestError(
                "I cannot post here. If this is a private channel, invite me with /invite first; "
                "a conversation between people I cannot join: ask in a channel"
            ) from error
        _log.warning("%s; the report comes all the same", error)
        return None


def _take_back(desk: Desk, channel: str, ts: str | None, content: MessageContent) -> None:
    if ts:
        _show(desk, channel, ts, content)


def _show(desk: Desk, channel: str, ts: str, content: MessageContent) -> None:
    """Never at a cost: what matters is stored."""
    try:
        update_message(desk.client, "Answering", channel, ts, content)
    except SlackError as error:
        _log.warning("%s", error)
