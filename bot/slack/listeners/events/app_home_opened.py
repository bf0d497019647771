"""Somebody opens the app: its Home tab shows what is going on."""

from bot.slack.desk import Desk
from bot.slack.payloads import HomeOpened


def app_home_opened(desk: Desk, opened: HomeOpened) -> None:
    if opened.event.tab == "home":
        desk.home.open(opened.event.user)
