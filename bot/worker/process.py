"""Starts and stops the threads of the worker process."""

import logging
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Thread

from apscheduler.schedulers.background import BackgroundScheduler

from bot.bootstrap.deletion import RunDisplay, open_run_starter
from bot.bootstrap.prices import open_price_refresh
from bot.bootstrap.processes import Shutdown, is_gone, shutdown_on_signals, this_worker
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.slack import is_in_slack
from bot.bootstrap.storage import open_store
from bot.bootstrap.usecases import open_report_scheduler, open_repository_sync
from bot.core.errors import RequestError
from bot.ports import Clock
from bot.process import (
    WORKER,
    log_to_stderr,
    record_heartbeat,
    system_clock,
    tune_garbage_collection,
)
from bot.render.errors import any_error_words
from bot.settings.field_types import AUTO
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.store.store import Store
from bot.usecases.deletion.start import IsGone, RunOverview, find_runs
from bot.usecases.proposals import expire
from bot.worker.plan_runner import RUNS_AT_ONCE, NotifyPlan, PlanRunner
from bot.worker.usage_scans import open_usage_scans

SECONDS_BETWEEN_POLLS = 2
SECONDS_BETWEEN_REPORTS = 60
SECONDS_BETWEEN_SYNCS = 3600

SECONDS_BETWEEN_SCAN_CHECKS = 60
"""Most checks find that no scan of usage is due."""

SECONDS_BETWEEN_PRICE_CHECKS = 60
"""Most checks find current prices in the store, and do not call AWS."""

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_CHECKS = 1.0

JOBS_AT_ONCE = 2

SECONDS_TO_SHUT_DOWN = 5.0
"""How long a shutdown waits for the threads that use Slack. Other workers do what is left."""

FAILED, REFUSED = 1, 2
"""Exit statuses: AWS or the database failed; the settings are wrong."""


@dataclass(frozen=True, slots=True)
class PlanPoll:
    """Ends expired plans and pins, and finds plans to run. `take` gets each plan at every poll
    until it has run, and ignores plans that it has started. `is_gone`: as in `find_runs`."""

    store: Store
    clock: Clock
    is_gone: IsGone
    take: Callable[[RunOverview], None]
    debug: bool

    def __call__(self) -> None:
        """Logs failures. The next poll retries."""
        try:
            now = self.clock()
            expire(self.store, now)
            self.take(find_runs(self.store, now, self.is_gone))
            record_heartbeat(WORKER)
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            words = any_error_words(error)
            _log.error("Plans cannot be checked, retrying soon: %s", words, exc_info=self.debug)


@dataclass(slots=True, eq=False)
class RepeatedTask:
    """Calls a use case with the current time. `open` builds the use case at the first call, so that
    the start does not wait for it. `when_failed`: the start of the log line after a failure."""

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
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            _log.error("%s: %s", self.when_failed, any_error_words(error), exc_info=self.debug)


def open_scheduler(
    settings: Settings,
    store: Store,
    take: Callable[[RunOverview], None],
    shutdown: Shutdown,
    *,
    debug: bool,
) -> BackgroundScheduler:
    """Does not start the scheduler. `take`: as in `PlanPoll`. Without a bot token, only polls plans
    and scans usage."""
    scheduler = BackgroundScheduler(timezone="UTC")
    _repeat(scheduler, PlanPoll(store, system_clock, is_gone, take, debug), SECONDS_BETWEEN_POLLS)
    if settings.usage.scan_every:
        open_scans = partial(open_usage_scans, settings, store, shutdown)
        when_failed = "Usage cannot be recorded, retrying later"
        scans = RepeatedTask(open_scans, system_clock, when_failed, debug)
        _repeat(scheduler, scans, SECONDS_BETWEEN_SCAN_CHECKS)
    if is_in_slack():
        open_reports = partial(open_report_scheduler, settings, store, _log.warning)
        when_failed = "Scheduled reports cannot be queued, retrying in a minute"
        reports = RepeatedTask(open_reports, system_clock, when_failed, debug)
        _repeat(scheduler, reports, SECONDS_BETWEEN_REPORTS)
        open_sync = partial(open_repository_sync, settings, store, _log.warning)
        when_failed = "Registries cannot be listed, retrying in an hour"
        syncs = RepeatedTask(open_sync, system_clock, when_failed, debug)
        _repeat(scheduler, syncs, SECONDS_BETWEEN_SYNCS)
    if is_in_slack() and settings.price_per_gb_month == AUTO:
        when_failed = "Prices of storage cannot be stored, retrying soon"
        prices = RepeatedTask(partial(open_price_refresh, store), system_clock, when_failed, debug)
        _repeat(scheduler, prices, SECONDS_BETWEEN_PRICE_CHECKS)
    return scheduler


def _repeat(scheduler: BackgroundScheduler, call: Callable[[], None], seconds: int) -> None:
    """Calls it now and then at this interval, never twice at a time. Makes one call for several
    missed ones."""
    scheduler.add_job(
        call,
        "interval",
        seconds=seconds,
        next_run_time=system_clock(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )


def main(config: Path | None, *, debug: bool) -> None:
    """Works until SIGTERM, SIGINT, or the end of the parent process. Then finishes the batches in
    flight. Another worker resumes the runs. `debug`: log tracebacks."""
    shutdown = shutdown_on_signals()
    log_to_stderr()
    try:
        _work(config, shutdown, debug=debug)
    except Exception as error:  # noqa: BLE001 - Python would print it with its secrets
        _log.error("The worker cannot start: %s", any_error_words(error), exc_info=debug)
        sys.exit(REFUSED if isinstance(error, RequestError) else FAILED)


def _work(config: Path | None, shutdown: Shutdown, *, debug: bool) -> None:
    settings = load_settings(config)
    with (
        open_store() as store,
        _in_slack(settings, store, shutdown, debug=debug) as notify,
        ThreadPoolExecutor(RUNS_AT_ONCE) as pool,
    ):
        starter = open_run_starter(settings, store, SharedScans(), _NO_DISPLAY, shutdown)
        runner = PlanRunner(starter, pool.submit, system_clock, notify, debug=debug)
        scheduler = open_scheduler(settings, store, runner.take, shutdown, debug=debug)
        scheduler.start()
        _wait_for(shutdown)
        scheduler.shutdown()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _in_slack(
    settings: Settings, store: Store, shutdown: Shutdown, *, debug: bool
) -> Iterator[NotifyPlan]:
    """Runs the threads that use Slack, and yields the function that updates a plan's messages.
    Without a bot token, starts no threads."""
    if not is_in_slack():
        yield _no_messages
        return
    from bot.worker.job_handlers import open_job_handlers  # noqa: PLC0415 - only Slack needs it
    from bot.worker.job_queue import JobWorker  # noqa: PLC0415
    from bot.worker.slack_updates import SlackAccess, SlackUpdater  # noqa: PLC0415

    tune_garbage_collection()
    slack = SlackAccess(settings, store)
    updater = SlackUpdater(slack, shutdown, debug=debug)
    handlers = open_job_handlers(settings, store, slack, shutdown, system_clock)
    jobs = JobWorker(store, this_worker(), handlers, system_clock, shutdown, debug=debug)
    threads = [Thread(target=updater.work, name="slack updates", daemon=True)]
    threads += [
        Thread(target=jobs.work, name=f"jobs {number}", daemon=True)
        for number in range(JOBS_AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    yield updater.notify
    for thread in threads:
        thread.join(SECONDS_TO_SHUT_DOWN)


def _wait_for(shutdown: Shutdown) -> None:
    parent = multiprocessing.parent_process()
    while not shutdown.is_requested():
        shutdown.sleep(SECONDS_BETWEEN_CHECKS)
        if parent and not parent.is_alive():
            shutdown.request()


def _no_progress(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """The worker shows no progress of scans."""


def _no_run_progress(done: int, total: int, freed_bytes: int) -> None:
    """The progress of a run is in the store."""


_NO_DISPLAY = RunDisplay(_no_progress, _no_run_progress)


def _no_messages(plan_id: str) -> None:
    """Without Slack there are no messages."""
