"""The Bolt app with all listeners."""

from concurrent.futures import Executor

from slack_bolt import App

from bot.slack import buttons, command_dispatch, home, modals, options
from bot.slack.api import calling
from bot.slack.context import SlackContext
from bot.slack.listener import make_error_handler


def make_app(context: SlackContext, executor: Executor) -> App:
    """Listeners run in `executor`. Raises ServiceError if Slack does not answer who the bot is."""
    with calling("Signing in"):
        app = App(
            client=context.client,
            listener_executor=executor,
            raise_error_for_unhandled_request=True,
        )
    register_listeners(app, context)
    return app


def register_listeners(app: App, context: SlackContext) -> None:
    for surface in (command_dispatch, buttons, modals, options, home):
        surface.register(app, context)
    app.error(make_error_handler(context))
