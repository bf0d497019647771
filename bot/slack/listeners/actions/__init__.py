"""Buttons."""

import re

from slack_bolt import App

from bot.slack import ids
from bot.slack.context import SlackContext
from bot.slack.listener import acknowledge, make_listener
from bot.slack.listeners.actions.approve_plan import approve_plan
from bot.slack.listeners.actions.confirm_usage import confirm_usage
from bot.slack.listeners.actions.dismiss_plan import dismiss_plan
from bot.slack.listeners.actions.keep_pin import keep_pin
from bot.slack.listeners.actions.pin_pulled import pin_pulled
from bot.slack.listeners.actions.pin_tags import pin_tags
from bot.slack.listeners.actions.show_images import show_images
from bot.slack.listeners.actions.stop_plan import stop_plan
from bot.slack.listeners.actions.try_again import try_again
from bot.slack.listeners.actions.turn_page import turn_page
from bot.slack.listeners.actions.unpin import unpin
from bot.slack.listeners.commands.ecr_clean import ecr_clean
from bot.slack.payloads import (
    Click,
    ClickInModal,
    ClickOnEnd,
    ClickOnPin,
    ClickOnUsage,
    CommandClick,
)

IN_MESSAGES = {
    ids.APPROVE_PLAN: approve_plan,
    ids.DISMISS_PLAN: dismiss_plan,
    ids.PIN_PULLED: pin_pulled,
    ids.PIN_TAGS: pin_tags,
    ids.SHOW_IMAGES: show_images,
    ids.STOP_PLAN: stop_plan,
    ids.TRY_AGAIN: try_again,
}


def register(app: App, context: SlackContext) -> None:
    listeners = {id_: make_listener(context, Click, act) for id_, act in IN_MESSAGES.items()}
    listeners[ids.CONFIRM_USAGE] = make_listener(context, ClickOnUsage, confirm_usage)
    listeners[ids.IMAGES_PAGE] = make_listener(context, ClickInModal, turn_page)
    listeners[ids.KEEP_PIN] = make_listener(context, ClickOnEnd, keep_pin)
    listeners[ids.RUN_COMMAND] = make_listener(context, CommandClick, ecr_clean)
    listeners[ids.UNPIN] = make_listener(context, ClickOnPin, unpin)
    for action_id, listener in listeners.items():
        app.action(_any(action_id), middleware=[acknowledge])(listener)


def _any(action_id: str) -> re.Pattern[str]:
    """Also of several in one message."""
    return re.compile(rf"{action_id}(:\d+)?\Z", re.ASCII)
