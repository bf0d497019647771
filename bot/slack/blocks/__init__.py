"""What people see: pure functions from stored state to Block Kit."""

from bot.slack.blocks.images import images_view
from bot.slack.blocks.modals import loading_view, typing_view
from bot.slack.blocks.outdated import outdated_message
from bot.slack.blocks.plan import plan_message
from bot.slack.blocks.rest import rest_message
from bot.slack.blocks.short import (
    asked_message,
    failed_message,
    newer_message,
    planning_message,
    refusal,
    refused,
)

__all__ = [
    "asked_message",
    "failed_message",
    "images_view",
    "loading_view",
    "newer_message",
    "outdated_message",
    "plan_message",
    "planning_message",
    "refusal",
    "refused",
    "rest_message",
    "typing_view",
]
