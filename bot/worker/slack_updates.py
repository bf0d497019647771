"""The worker's connection to Slack, and the thread that updates messages of plans."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import NamedTuple

from slack_sdk import WebClient

from bot.bootstrap.processes import Shutdown
from bot.bootstrap.slack import (
    Workspace,
    open_block_fallback,
    open_client,
    open_client_without_retries,
    open_digest_messages,
    open_home,
    open_pause_announcer,
    open_plan_messages,
    open_reminders,
    open_warner,
    open_workspace,
    with_block_fallback,
)
from bot.parallel import ExpiringCache, call_all
from bot.render.errors import any_error_words
from bot.settings.model import Settings
from bot.slack.approval_reminders import ApprovalReminders
from bot.slack.digest_messages import DigestMessages
from bot.slack.home_tab import HomeTab
from bot.slack.pause_announcements import PauseAnnouncer
from bot.slack.plan_messages import PlanMessages
from bot.store.store import Store

SECONDS_BETWEEN_CONNECTIONS = 15.0

SECONDS_BETWEEN_SWEEPS = 5.0

MESSAGES_PER_SWEEP = 3
"""36 a minute. Slack's rate limit allows about 50 updates a minute, including those after clicks
and after `notify`."""

THREADS_PER_SWEEP = 2
COPIES_PER_SWEEP = 2
DIGESTS_PER_SWEEP = 2
HOMES_PER_SWEEP = 2
OUTDATED_PER_SWEEP = 2
ANNOUNCEMENTS_PER_SWEEP = 5
REMINDERS_PER_SWEEP = 2

SECONDS_BETWEEN_WARNINGS = 60.0

SECONDS_BETWEEN_CHECKS = 0.5
SECONDS_AFTER_FAILURE = 15.0

_log = logging.getLogger(__name__)


class SlackServices(NamedTuple):
    """The Slack clients of the worker, and what posts messages with them."""

    workspace: Workspace
    plan_messages: PlanMessages
    digests: DigestMessages
    home: HomeTab
    warn_of_pins: Callable[[], None]
    pauses: PauseAnnouncer
    reminders: ApprovalReminders
    client_without_retries: WebClient


class SlackAccess:
    """Opens Slack when it is first needed, so that plans run while Slack is down. May be used by
    several threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._opened: ExpiringCache[None, SlackServices] = ExpiringCache(
            lambda _: self._open(), math.inf, SECONDS_BETWEEN_CONNECTIONS
        )

    def services(self) -> SlackServices:
        """Raises RequestError or ServiceError if Slack cannot be used now."""
        return self._opened.get(None)

    def _open(self) -> SlackServices:
        opened = open_workspace(self._settings, open_client())
        workspace = with_block_fallback(opened, open_block_fallback(opened, self._store))
        plan_messages = open_plan_messages(workspace, self._store)
        home = open_home(workspace, self._store)
        warn = open_warner(workspace, self._store)
        return SlackServices(
            workspace=workspace,
            plan_messages=plan_messages,
            digests=open_digest_messages(workspace, self._store),
            home=home,
            warn_of_pins=warn,
            pauses=open_pause_announcer(workspace, self._store),
            reminders=open_reminders(workspace, self._store),
            client_without_retries=open_client_without_retries(),
        )


class SlackUpdater:
    """Updates a plan's messages immediately after `notify`, and outdated messages in sweeps. One
    thread calls `work`, so only this thread waits when Slack rate-limits it."""

    def __init__(self, slack: SlackAccess, shutdown: Shutdown, *, debug: bool) -> None:
        self._slack = slack
        self._shutdown = shutdown
        self._debug = debug
        self._changed: SimpleQueue[str] = SimpleQueue()
        self._waiting: set[str] = set()
        self._sweep_at = time.monotonic()
        self._warn_at = time.monotonic()
        self._lock = Lock()

    def notify(self, plan_id: str) -> None:
        """Queues the update of a changed plan. Never waits. May be called by several threads."""
        with self._lock:
            if plan_id not in self._waiting:
                self._waiting.add(plan_id)
                self._changed.put(plan_id)

    def work(self) -> None:
        """Updates messages until the process shuts down."""
        while not self._shutdown.is_requested():
            try:
                self.do_next(SECONDS_BETWEEN_CHECKS)
            except Exception as error:  # noqa: BLE001 - internal errors are logged
                words = any_error_words(error)
                _log.warning("Slack is updated later: %s", words, exc_info=self._debug)
                self._shutdown.sleep(SECONDS_AFTER_FAILURE)

    def do_next(self, patience: float) -> None:
        """Updates the messages of a plan that has changed, or that changes within `patience`
        seconds. Then makes the sweeps that are due."""
        plan_id = self._next(patience)
        call_all([*self._updates(self._slack.services(), plan_id)])

    def _updates(self, slack: SlackServices, plan_id: str | None) -> Iterator[Callable[[], None]]:
        if plan_id is not None:
            yield partial(slack.plan_messages.update, plan_id)
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SECONDS_BETWEEN_SWEEPS
            yield partial(slack.plan_messages.update_outdated, MESSAGES_PER_SWEEP)
            yield partial(slack.plan_messages.collapse_outdated, COPIES_PER_SWEEP)
            yield partial(slack.plan_messages.update_threads, THREADS_PER_SWEEP)
            yield partial(slack.digests.update_outdated, DIGESTS_PER_SWEEP)
            yield partial(slack.plan_messages.notify_approvers, OUTDATED_PER_SWEEP)
            yield partial(slack.pauses.announce, ANNOUNCEMENTS_PER_SWEEP)
            yield partial(slack.reminders.send, REMINDERS_PER_SWEEP)
            yield partial(slack.home.update_outdated, HOMES_PER_SWEEP)
        if time.monotonic() >= self._warn_at:
            self._warn_at = time.monotonic() + SECONDS_BETWEEN_WARNINGS
            yield slack.warn_of_pins

    def _next(self, patience: float) -> str | None:
        try:
            plan_id = self._changed.get(timeout=patience)
        except Empty:
            return None
        with self._lock:
            self._waiting.discard(plan_id)
        return plan_id
