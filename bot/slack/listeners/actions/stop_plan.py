"""Stop: whichever version it was that somebody saw."""

from bot.slack.desk import Desk
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import Click


def stop_plan(desk: Desk, click: Click) -> None:
    with deed(desk, click):
        desk.stopper.stop(click.ref.plan, desk.person(click.sender))
