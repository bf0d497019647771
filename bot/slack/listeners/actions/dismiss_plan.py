"""Not this time."""

from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import Click


def dismiss_plan(context: SlackContext, click: Click) -> None:
    with deed(context, click):
        context.decisions.dismiss(click.ref.plan, context.person(click.sender), click.ref.version)
