"""The Bolt app."""

from concurrent.futures import Executor

from slack_bolt import App

from bot.slack.api import calling
from bot.slack.context import SlackContext
from bot.slack.listeners import register


def make_app(context: SlackContext, executor: Executor) -> App:
    """Listeners work in `executor`. Raises ServiceError if Slack cannot be asked who the bot is."""
    with calling("Signing in"):
        app = App(
            client=context.client,
            listener_executor=executor,
            raise_error_for_unhandled_request=True,
        )
    register(app, context)
    return app
