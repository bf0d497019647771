"""Digests that users request: posts a message at once, which shows the progress of planning."""

from bot.core.digests import is_planning
from bot.core.report_schedules import ScheduleEntry
from bot.slack.listener import answer
from bot.slack.listener_context import SlackContext
from bot.slack.messages.digest_notices import digest_in_progress_message, requested_digest_message
from bot.slack.payloads import PayloadSender
from bot.slack.requested_reports import post_placeholder


def request_digests(context: SlackContext, sender: PayloadSender, channel: str) -> None:
    """Requests a digest of each entry of `reports` with the channel. Raises RequestError if there
    is none, or if the bot cannot post there."""
    for entry in context.digest_requests.entries_in(channel):
        _request(context, sender, entry, channel)


def _request(
    context: SlackContext, sender: PayloadSender, entry: ScheduleEntry, channel: str
) -> None:
    """Answers with a link if the last digest of the entry is still being planned."""
    last = context.store.newest_digest(channel)
    if last and last.entry == entry.name and is_planning(last, context.store.digest_reports(last)):
        link = context.digest_messages.link(last)
        answer(context, sender, digest_in_progress_message(entry.name, link))
        return
    digest = context.digest_requests.start(entry)
    if digest is None:
        return
    placeholder = requested_digest_message(entry.name, context.person(sender).id)
    ts = post_placeholder(context, channel, placeholder)
    if ts is None:
        answer(context, sender, placeholder)
    else:
        context.store.mark_digest_posted(digest, ts)
    context.digest_requests.put(digest)
