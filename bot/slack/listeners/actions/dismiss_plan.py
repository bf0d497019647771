"""Not this time."""

from bot.slack.desk import Desk
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import Click


def dismiss_plan(desk: Desk, click: Click) -> None:
    with deed(desk, click):
        desk.dismisser.dismiss(click.ref.plan, desk.person(click.sender), click.ref.version)
