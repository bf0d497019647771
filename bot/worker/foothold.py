"""The worker's place in Slack."""

import math
from collections.abc import Callable
from typing import NamedTuple

from slack_sdk import WebClient

from bot.expiring_cache import ExpiringCache
from bot.settings import Settings
from bot.slack.home import Home
from bot.slack.plan_messages import PlanMessages
from bot.store.store import Store
from bot.wiring import (
    Workspace,
    open_client,
    open_hasty_client,
    open_home,
    open_plan_messages,
    open_warner,
    open_workspace,
)

SECONDS_BETWEEN_TRIES = 15.0


class Place(NamedTuple):
    """`hasty`: a client that never tries again."""

    workspace: Workspace
    plan_messages: PlanMessages
    home: Home
    warn_of_pins: Callable[[], None]
    hasty: WebClient


class Foothold:
    """Opened when it is first needed, so that plans are carried out even while Slack is away."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._kept: ExpiringCache[None, Place] = ExpiringCache(
            lambda _: self._open(), math.inf, SECONDS_BETWEEN_TRIES
        )

    def place(self) -> Place:
        """Raises RequestError or ServiceError if there is none just now."""
        return self._kept.get(None)

    def _open(self) -> Place:
        workspace = open_workspace(self._settings, open_client())
        plan_messages = open_plan_messages(workspace, self._store)
        home = open_home(workspace, self._store)
        warn = open_warner(workspace, self._store)
        return Place(workspace, plan_messages, home, warn, open_hasty_client())
