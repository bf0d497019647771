"""The stand-in's own door for other processes, under `/_control`: JSON in, JSON out.

A body's keys are the keyword arguments of the world's methods, or of its services' states; keys
that end in `_at`, and `at` and `now`, are ISO 8601 times. What comes in numbers comes as a list
under one key. A wrong body answers 400 and says why.
"""

from bot.playground.aws.control import registry, server_control, workloads
from bot.playground.aws.control.routing import control_routes

__all__ = ["control_routes", "registry", "server_control", "workloads"]
