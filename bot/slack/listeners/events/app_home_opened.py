"""Somebody opens the app: its Home tab shows what is going on, to whoever takes part."""

from bot.slack.desk import Desk
from bot.slack.payloads import HomeOpened


def app_home_opened(desk: Desk, opened: HomeOpened) -> None:
    if opened.event.tab != "home":
        return
    if why := desk.why_not(opened.sender):
        desk.home.refuse(opened.event.user, why)
    else:
        desk.home.open(opened.event.user)
