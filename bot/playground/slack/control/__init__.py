"""The workspace's own door for other processes, under `/_control`: JSON in, JSON out.

A wrong body answers 400 and says why.
"""

from bot.playground.slack.control import people, stand_in, workspace
from bot.playground.slack.control.door import control_routes

__all__ = ["control_routes", "people", "stand_in", "workspace"]
