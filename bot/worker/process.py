"""Starts the threads of the worker process, and ends them."""

import logging
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from bot.bootstrap.execution import open_executor
from bot.bootstrap.memory import open_store
from bot.bootstrap.planning import system_clock
from bot.bootstrap.processes import Leaving, leaving_on_signals, this_worker
from bot.bootstrap.slack import is_in_slack
from bot.core.errors import RequestError
from bot.logs import log_to_stderr
from bot.memory import expect_many_lasting_objects
from bot.render.errors import any_error_words
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.store.store import Store
from bot.worker.plan_runner import RUNS_AT_ONCE, NotifyPlan, PlanRunner
from bot.worker.scheduler import open_scheduler

SECONDS_BETWEEN_LOOKS = 1.0

JOBS_AT_ONCE = 2

SECONDS_TO_SHUT_DOWN = 5.0
"""For the threads that use Slack. Another worker does the rest of their work, or the next one."""

FAILED, REFUSED = 1, 2
"""Exit statuses: AWS or the database; the settings."""

_log = logging.getLogger(__name__)


def main(config: Path | None, *, debug: bool) -> None:
    """Works until SIGTERM, SIGINT, or the end of the parent process. Then it finishes the batches
    in flight; the next worker continues. `debug`: log tracebacks."""
    leaving = leaving_on_signals()
    log_to_stderr()
    try:
        _work(config, leaving, debug=debug)
    except Exception as error:  # noqa: BLE001 - Python would print a bug as it is
        _log.error("The worker cannot begin: %s", any_error_words(error), exc_info=debug)
        sys.exit(REFUSED if isinstance(error, RequestError) else FAILED)


def _work(config: Path | None, leaving: Leaving, *, debug: bool) -> None:
    settings = load_settings(config)
    with (
        open_store() as store,
        _in_slack(settings, store, leaving, debug=debug) as notify,
        ThreadPoolExecutor(RUNS_AT_ONCE) as pool,
    ):
        executor = open_executor(settings, store, _no_progress, _no_run_progress, leaving)
        runner = PlanRunner(executor, pool.submit, system_clock, notify, debug=debug)
        scheduler = open_scheduler(settings, store, runner.take, debug=debug)
        scheduler.start()
        _wait_for(leaving)
        scheduler.shutdown()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _in_slack(
    settings: Settings, store: Store, leaving: Leaving, *, debug: bool
) -> Iterator[NotifyPlan]:
    """Runs the threads that use Slack. Yields what updates the messages of a plan. Without a bot's
    token there are no such threads."""
    if not is_in_slack():
        yield _no_messages
        return
    from bot.worker.job_handlers import open_job_handlers  # noqa: PLC0415 - only Slack needs it
    from bot.worker.job_queue import JobWorker  # noqa: PLC0415
    from bot.worker.slack_updates import SlackAccess, SlackUpdater  # noqa: PLC0415

    expect_many_lasting_objects()
    slack = SlackAccess(settings, store)
    updater = SlackUpdater(slack, leaving, debug=debug)
    handlers = open_job_handlers(settings, store, slack, leaving, system_clock)
    jobs = JobWorker(store, this_worker(), handlers, system_clock, leaving, debug=debug)
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


def _wait_for(leaving: Leaving) -> None:
    parent = multiprocessing.parent_process()
    while not leaving.is_told():
        leaving.sleep(SECONDS_BETWEEN_LOOKS)
        if parent and not parent.is_alive():
            leaving.tell()


def _no_progress(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """No person watches this process."""


def _no_run_progress(done: int, total: int, freed_bytes: int) -> None:
    """The store has the progress."""


def _no_messages(plan_id: str) -> None:
    """There are no messages without Slack."""
