"""Reports that people request: the placeholder is posted at once, and the worker turns it into the
report."""

import logging

from bot.core.authority import SlackPerson
from bot.core.errors import RequestError, ServiceError
from bot.core.records import Message
from bot.render.errors import error_words
from bot.slack.api import CANNOT_POST, MessageContent, SlackError, post_message, update_message
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.messages.report_status import asked_message, failed_message
from bot.slack.payloads import Click, ClickOnUsage, PayloadSender

_log = logging.getLogger(__name__)


def request_report(
    context: SlackContext, repository: str, sender: PayloadSender, channel: str
) -> None:
    """In a new message. Raises RequestError if the person may not, or the bot cannot post there."""
    person = context.person(sender)
    context.report_requests.expect_may_request(person)
    placeholder = asked_message(repository, person.id)
    ts = _post_placeholder(context, channel, placeholder)
    try:
        context.report_requests.put(person, repository, channel, ts)
    except ServiceError as error:
        if ts:
            _show(context, channel, ts, failed_message(error_words(error)))
        raise
    if ts is None:
        answer(context, sender, placeholder)


def request_new_plan(
    context: SlackContext, click: Click | ClickOnUsage, person: SlackPerson
) -> None:
    """In place of the clicked message. Raises RequestError if the person may not, ServiceError if
    the database fails."""
    plan = context.plan(click.ref.plan)
    context.report_requests.expect_may_request(person)
    if not _is_first_click(context, click):
        return
    placeholder = asked_message(plan.repository.name, person.id)
    _show(context, click.channel_id, click.ts, placeholder)
    try:
        context.report_requests.put(person, plan.repository.uri, click.channel_id, click.ts)
    except ServiceError:
        context.store.remember_message(Message(plan.id, click.channel_id, click.ts))
        raise


def _is_first_click(context: SlackContext, click: Click | ClickOnUsage) -> bool:
    """Of the clicks on the message until it shows something else."""
    message = context.store.message(click.channel_id, click.ts)
    shows = f"{message.plan} {message.updates}" if message else str(click.ref)
    key = f"again {click.channel_id} {click.ts} {shows}"
    return context.store.hear(key, context.clock())


def _post_placeholder(context: SlackContext, channel: str, content: MessageContent) -> str | None:
    """None if Slack fails for a moment; the report is a new message then."""
    try:
        return post_message(context.client, "Posting", channel, content)
    except SlackError as error:
        if error.code in CANNOT_POST:
            raise RequestError(
                "I cannot post here. If this is a private channel, invite me with /invite first; "
                "a conversation between people I cannot join: ask in a channel"
            ) from error
        _log.warning("%s; the report comes all the same", error)
        return None


def _show(context: SlackContext, channel: str, ts: str, content: MessageContent) -> None:
    """Only logs a failure of Slack."""
    try:
        update_message(context.client, "Answering", channel, ts, content)
    except SlackError as error:
        _log.warning("%s", error)
