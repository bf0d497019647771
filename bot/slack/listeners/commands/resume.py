"""`/ecr-clean resume`."""

from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments
from bot.slack.listeners.wording import resumed


def resume(asked: Asked) -> None:
    arguments(asked.line, 0, 0)
    asked.answer(resumed(asked.context.decisions.resume(asked.person)))
