"""What happens in Slack without anybody pressing anything."""

from slack_bolt import App

from bot.slack.context import SlackContext
from bot.slack.listener import make_listener
from bot.slack.listeners.events.app_home_opened import app_home_opened
from bot.slack.payloads import HomeOpened


def register(app: App, context: SlackContext) -> None:
    """Bolt acknowledges events by itself, before it calls anybody."""
    app.event("app_home_opened")(make_listener(context, HomeOpened, app_home_opened))
