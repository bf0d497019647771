"""Tells Slack what became of plans: at once where somebody says that something did, and of whatever
was missed by a sweep."""

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock

from bot.parallel import each_for_itself
from bot.wiring import Leaving
from bot.worker.foothold import Foothold, Place
from bot.worker.told import told

SECONDS_BETWEEN_SWEEPS = 5.0

MESSAGES_A_SWEEP = 3
"""36 a minute: what is told at once, and what the listeners tell, is to find room below 50."""

LISTS_A_SWEEP = 2
HOMES_A_SWEEP = 2
OUTDATED_A_SWEEP = 2

SECONDS_BETWEEN_WARNINGS = 60.0

SECONDS_BETWEEN_LOOKS = 0.5
PAUSE = 15.0
"""Seconds, after something went wrong."""

_log = logging.getLogger(__name__)


class Herald:
    """`work` is what its only thread does: a wait that Slack asks for holds up nobody else."""

    def __init__(self, foothold: Foothold, leaving: Leaving, *, debug: bool) -> None:
        self._foothold = foothold
        self._leaving = leaving
        self._debug = debug
        self._news: SimpleQueue[str] = SimpleQueue()
        self._waiting: set[str] = set()
        self._sweep_at = time.monotonic()
        self._warn_at = time.monotonic()
        self._lock = Lock()

    def tell(self, plan_id: str) -> None:
        """That something became of the plan. Never waits."""
        with self._lock:
            if plan_id not in self._waiting:
                self._waiting.add(plan_id)
                self._news.put(plan_id)

    def work(self) -> None:
        """Until it is told to leave."""
        while not self._leaving.is_told():
            try:
                self.do_next(SECONDS_BETWEEN_LOOKS)
            except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
                _log.warning("Slack gets to know it later: %s", told(error), exc_info=self._debug)
                self._leaving.sleep(PAUSE)

    def do_next(self, patience: float) -> None:
        """What has been told, or comes within so many seconds, and then a sweep, if it is time."""
        plan_id = self._next(patience)
        each_for_itself([*self._errands(self._foothold.place(), plan_id)])

    def _errands(self, place: Place, plan_id: str | None) -> Iterator[Callable[[], None]]:
        if plan_id is not None:
            yield partial(place.plan_messages.refresh, plan_id)
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SECONDS_BETWEEN_SWEEPS
            yield partial(place.plan_messages.refresh_behind, MESSAGES_A_SWEEP)
            yield partial(place.plan_messages.upload_missing_lists, LISTS_A_SWEEP)
            yield partial(place.plan_messages.notify_approvers, OUTDATED_A_SWEEP)
            yield partial(place.home.refresh_behind, HOMES_A_SWEEP)
        if time.monotonic() >= self._warn_at:
            self._warn_at = time.monotonic() + SECONDS_BETWEEN_WARNINGS
            yield place.warn_of_pins

    def _next(self, patience: float) -> str | None:
        try:
            plan_id = self._news.get(timeout=patience)
        except Empty:
            return None
        with self._lock:
            self._waiting.discard(plan_id)
        return plan_id
