"""Slash commands."""

from slack_bolt import App

from bot.slack.context import SlackContext
from bot.slack.ids import COMMAND
from bot.slack.listener import acknowledge, make_listener
from bot.slack.listeners.commands.ecr_clean import ecr_clean
from bot.slack.payloads import Command


def register(app: App, context: SlackContext) -> None:
    app.command(COMMAND, middleware=[acknowledge])(make_listener(context, Command, ecr_clean))
