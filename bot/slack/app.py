"""The Bolt app with all listeners."""

from concurrent.futures import Executor

from slack_bolt import App

from bot.slack import (
    buttons,
    command_dispatch,
    cost_estimate,
    digest_actions,
    home_tab,
    image_review,
    modals,
    plan_selections,
    select_options,
)
from bot.slack.api import calling
from bot.slack.listener import make_error_handler
from bot.slack.listener_context import SlackContext

_SURFACES = (
    command_dispatch,
    buttons,
    image_review,
    modals,
    digest_actions,
    plan_selections,
    select_options,
    home_tab,
)


def make_app(context: SlackContext, executor: Executor) -> App:
    """Listeners run in `executor`. Raises ServiceError if Slack does not identify the bot."""
    with calling("Signing in"):
        app = App(
            name="ecr-clean",  # without a name, Bolt inspects the whole call stack
            client=context.client,
            listener_executor=executor,
            raise_error_for_unhandled_request=True,
        )
    register_listeners(app, context)
    return app


def register_listeners(app: App, context: SlackContext) -> None:
    for surface in _SURFACES:
        surface.register(app, context)
    cost_estimate.register(app)
    app.error(make_error_handler(context))
