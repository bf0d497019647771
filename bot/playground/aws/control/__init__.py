"""The control API for other processes, under `/_control`: JSON requests and answers.

The keys of a body are the keyword arguments of the methods of AwsState or of a service's state. The
keys `at`, `now`, and those that end in `_at` are ISO 8601 times. Several entries are a list under
one key. An invalid body gets status 400 and the error.
"""

from bot.playground.aws.control import registry, server_control, workloads
from bot.playground.aws.control.routing import control_routes

__all__ = ["control_routes", "registry", "server_control", "workloads"]
