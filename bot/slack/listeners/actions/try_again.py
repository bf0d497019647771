"""Try again: a plan that was incomplete is made anew, in place of the same message."""

from bot.slack.desk import Desk
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.reports import replan
from bot.slack.payloads import Click


def try_again(desk: Desk, click: Click) -> None:
    with deed(desk, click):
        replan(desk, click, desk.person(click.sender))
