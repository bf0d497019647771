"""What happens when people act in Slack: by surface, one listener a file."""

from slack_bolt import App

from bot.slack.context import SlackContext
from bot.slack.listener import make_error_handler
from bot.slack.listeners import actions, commands, events, options, views


def register(app: App, context: SlackContext) -> None:
    commands.register(app, context)
    actions.register(app, context)
    views.register(app, context)
    options.register(app, context)
    events.register(app, context)
    app.error(make_error_handler(context))
