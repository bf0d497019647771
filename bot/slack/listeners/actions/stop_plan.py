"""Stop: whichever version it was that somebody saw."""

from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import Click


def stop_plan(context: SlackContext, click: Click) -> None:
    with deed(context, click):
        context.decisions.stop(click.ref.plan, context.person(click.sender))
