"""Modals that are submitted."""

from slack_bolt import App

from bot.slack.desk import Desk
from bot.slack.ids import CONFIRM_PLAN, PIN_TAGS
from bot.slack.listeners.hearing import hearing
from bot.slack.listeners.views.confirm_plan import checking_name, confirm_plan
from bot.slack.listeners.views.pin_tags import checking_pins, pin_chosen
from bot.slack.payloads import PinSubmission, Submission


def register(app: App, desk: Desk) -> None:
    check = checking_name(desk)
    app.view(CONFIRM_PLAN, middleware=[check])(hearing(desk, Submission, confirm_plan))
    pin = hearing(desk, PinSubmission, pin_chosen)
    app.view(PIN_TAGS, middleware=[checking_pins(desk)])(pin)
