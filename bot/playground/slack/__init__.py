"""A strict stand-in for a Slack workspace, with its Web API and Socket Mode."""

from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.faults import CallFault, DeliveryFault
from bot.playground.slack.installed_app import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.playground.slack.server import Workspace
from bot.playground.slack.user_actions.outcome import ActionOutcome
from bot.playground.slack.workspace_client import SimulatedUser, WorkspaceClient

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "SIGNING_SECRET",
    "TEAM_ID",
    "ActionOutcome",
    "CallFault",
    "DeliveryFault",
    "SimulatedUser",
    "Workspace",
    "WorkspaceClient",
]
