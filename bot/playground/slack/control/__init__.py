"""The control API for other processes, under `/_control`: JSON requests and answers.

An invalid body gets status 400 and the error.
"""

from bot.playground.slack.control import server_control, user_actions, workspace
from bot.playground.slack.control.routing import control_routes

__all__ = ["control_routes", "server_control", "user_actions", "workspace"]
