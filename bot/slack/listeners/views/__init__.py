"""Modals that are submitted."""

from slack_bolt import App

from bot.slack.context import SlackContext
from bot.slack.ids import CONFIRM_PLAN, PIN_TAGS
from bot.slack.listener import make_listener
from bot.slack.listeners.views.confirm_plan import checking_name, confirm_plan
from bot.slack.listeners.views.pin_tags import checking_pins, pin_chosen
from bot.slack.payloads import PinSubmission, Submission


def register(app: App, context: SlackContext) -> None:
    check = checking_name(context)
    app.view(CONFIRM_PLAN, middleware=[check])(make_listener(context, Submission, confirm_plan))
    pin = make_listener(context, PinSubmission, pin_chosen)
    app.view(PIN_TAGS, middleware=[checking_pins(context)])(pin)
