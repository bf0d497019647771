"""Checks of Block Kit, as strict as Slack's."""

from bot.playground.slack.blocks.checks import (
    MAX_CHARACTERS_OF_A_TEXT,
    check_message,
    check_suggestions,
    check_view,
    is_too_large,
    is_too_long,
)
from bot.playground.slack.blocks.problems import BlockProblem

__all__ = [
    "MAX_CHARACTERS_OF_A_TEXT",
    "BlockProblem",
    "check_message",
    "check_suggestions",
    "check_view",
    "is_too_large",
    "is_too_long",
]
