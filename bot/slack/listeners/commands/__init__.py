"""Slash commands."""

from slack_bolt import App

from bot.slack.desk import Desk
from bot.slack.ids import COMMAND
from bot.slack.listeners.commands.ecr_clean import ecr_clean
from bot.slack.listeners.hearing import acknowledge, hearing
from bot.slack.payloads import Command


def register(app: App, desk: Desk) -> None:
    app.command(COMMAND, middleware=[acknowledge])(hearing(desk, Command, ecr_clean))
