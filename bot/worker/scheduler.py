"""Repeats what the worker does at intervals: sweeps, reports that are due, lists of registries."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from bot.bootstrap.people import open_run_due, open_survey
from bot.bootstrap.planning import system_clock
from bot.bootstrap.processes import is_gone
from bot.bootstrap.slack import is_in_slack
from bot.heartbeat import WORKER, beat
from bot.ports import Clock
from bot.render.errors import any_error_words
from bot.settings.model import Settings
from bot.store.store import Store
from bot.usecases.deletion.start import IsGone, Work, find_work
from bot.usecases.proposals import expire

SECONDS_BETWEEN_SWEEPS = 2
SECONDS_BETWEEN_REPORTS = 60
SECONDS_BETWEEN_SURVEYS = 3600

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Ends plans and pins that have expired, and finds plans to carry out. `take` gets a plan in
    every sweep until it is carried out, and skips those that it has already begun. `is_gone`: as in
    `find_work`."""

    store: Store
    clock: Clock
    is_gone: IsGone
    take: Callable[[Work], None]
    debug: bool

    def __call__(self) -> None:
        """Logs a failure: the next sweep does what this one did not."""
        try:
            now = self.clock()
            expire(self.store, now)
            self.take(find_work(self.store, now, self.is_gone))
            beat(WORKER)
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            words = any_error_words(error)
            _log.error(
                "What is due is looked for again in a moment: %s", words, exc_info=self.debug
            )


@dataclass(slots=True, eq=False)
class RepeatedTask:
    """Calls a use case with the time. `open` builds the use case at the first call, so that nothing
    else waits for it. `when_failed`: what follows a failure, as a sentence for the log."""

    open: Callable[[], Callable[[datetime], None]]
    clock: Clock
    when_failed: str
    debug: bool
    _opened: Callable[[datetime], None] | None = field(default=None, init=False)

    def __call__(self) -> None:
        try:
            if self._opened is None:
                self._opened = self.open()
            self._opened(self.clock())
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.error("%s: %s", self.when_failed, any_error_words(error), exc_info=self.debug)


def open_scheduler(
    settings: Settings, store: Store, take: Callable[[Work], None], *, debug: bool
) -> BackgroundScheduler:
    """Not started yet. `take`: as in `Sweep`. Without a bot's token it only sweeps."""
    scheduler = BackgroundScheduler(timezone="UTC")
    _repeat(scheduler, Sweep(store, system_clock, is_gone, take, debug), SECONDS_BETWEEN_SWEEPS)
    if is_in_slack():
        run_due = partial(open_run_due, settings, store, _log.warning)
        later = "Reports that are due come a minute later"
        reports = RepeatedTask(run_due, system_clock, later, debug)
        _repeat(scheduler, reports, SECONDS_BETWEEN_REPORTS)
        survey = partial(open_survey, settings, store, _log.warning)
        later = "Registries are listed an hour later"
        surveys = RepeatedTask(survey, system_clock, later, debug)
        _repeat(scheduler, surveys, SECONDS_BETWEEN_SURVEYS)
    return scheduler


def _repeat(scheduler: BackgroundScheduler, call: Callable[[], None], seconds: int) -> None:
    """Now and then every so many seconds, one call after the other. Several missed calls are made
    up for by one."""
    scheduler.add_job(
        call,
        "interval",
        seconds=seconds,
        next_run_time=system_clock(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
