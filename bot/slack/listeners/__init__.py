"""What happens when people act in Slack: by surface, one listener a file."""

from slack_bolt import App

from bot.slack.desk import Desk
from bot.slack.listeners import actions, boundary, commands, events, options, views


def register(app: App, desk: Desk) -> None:
    commands.register(app, desk)
    actions.register(app, desk)
    views.register(app, desk)
    options.register(app, desk)
    events.register(app, desk)
    boundary.register(app, desk)
