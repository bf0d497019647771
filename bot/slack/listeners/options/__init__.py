"""Selects that ask what there is to choose."""

from slack_bolt import App

from bot.slack.context import SlackContext
from bot.slack.ids import PINNED_TAGS
from bot.slack.listeners.options.pinned_tags import suggesting_tags


def register(app: App, context: SlackContext) -> None:
    app.options(PINNED_TAGS, middleware=[suggesting_tags(context)])(_answered)


def _answered() -> None:
    """Whoever types is answered where the payload comes in: they wait for it."""
