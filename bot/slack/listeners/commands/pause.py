"""`/ecr-clean pause [because REASON]`."""

from bot.slack.blocks.status import paused_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import read_reason
from bot.slack.listeners.commands.under_way import under_way


def pause(asked: Asked) -> None:
    """What is being deleted already goes on, which whoever pauses may not expect. The others get
    to know it from every report, rather than from the channel in which it was said by chance."""
    context = asked.context
    context.decisions.pause(asked.person, read_reason(asked.line))
    asked.answer(paused_message(under_way(context.store)))
