"""A strict stand-in for a Slack workspace, with its Web API and Socket Mode."""

from bot.playground.slack.app import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.faults import DeliveryFault, Fault
from bot.playground.slack.remote import Outcome, Person, RemoteWorkspace
from bot.playground.slack.server import Workspace

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "SIGNING_SECRET",
    "TEAM_ID",
    "DeliveryFault",
    "Fault",
    "Outcome",
    "Person",
    "RemoteWorkspace",
    "Workspace",
]
