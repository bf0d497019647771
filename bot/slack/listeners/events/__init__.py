"""What happens in Slack without anybody pressing anything."""

from slack_bolt import App

from bot.slack.desk import Desk
from bot.slack.listeners.events.app_home_opened import app_home_opened
from bot.slack.listeners.hearing import hearing
from bot.slack.payloads import HomeOpened


def register(app: App, desk: Desk) -> None:
    """Bolt acknowledges events by itself, before it calls anybody."""
    app.event("app_home_opened")(hearing(desk, HomeOpened, app_home_opened))
