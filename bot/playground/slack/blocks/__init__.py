"""Block Kit, checked as strictly as Slack checks it."""

from bot.playground.slack.blocks.report import Problem
from bot.playground.slack.blocks.surfaces import (
    MOST_CHARACTERS_OF_A_TEXT,
    check_message,
    check_suggestions,
    check_view,
    is_too_large,
    is_too_long,
)

__all__ = [
    "MOST_CHARACTERS_OF_A_TEXT",
    "Problem",
    "check_message",
    "check_suggestions",
    "check_view",
    "is_too_large",
    "is_too_long",
]
