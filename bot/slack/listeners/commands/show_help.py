"""`/ecr-clean help`."""

from bot.slack.blocks.help import help_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import FORMS


def show_help(asked: Asked) -> None:
    asked.answer(help_message(FORMS.values()))
