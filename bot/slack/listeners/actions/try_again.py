"""Try again: a plan that was incomplete is made anew, in place of the same message."""

from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import Click
from bot.slack.requested_reports import request_new_plan


def try_again(context: SlackContext, click: Click) -> None:
    with deed(context, click):
        request_new_plan(context, click, context.person(click.sender))
