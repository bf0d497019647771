"""Somebody opens the app: its Home tab shows what is going on, to whoever takes part."""

from bot.slack.context import SlackContext
from bot.slack.payloads import HomeOpened


def app_home_opened(context: SlackContext, opened: HomeOpened) -> None:
    if opened.event.tab != "home":
        return
    if why := context.refusal_of(opened.sender):
        context.home.refuse(opened.event.user, why)
    else:
        context.home.open(opened.event.user)
