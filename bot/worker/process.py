"""Starts everything that the worker does, and ends it."""

import logging
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.errors import RequestError
from bot.heartbeat import WORKER, beat
from bot.logs import log_to_stderr
from bot.memory import expect_many_lasting_objects
from bot.schedule import Sweep
from bot.settings import Settings, load_settings
from bot.store.store import Store
from bot.wiring import (
    Leaving,
    is_gone,
    is_in_slack,
    leaving_on_signals,
    open_executor,
    open_run_due,
    open_store,
    open_survey,
    system_clock,
    this_worker,
)
from bot.worker.alarm import Alarm
from bot.worker.crew import RUNS_AT_ONCE, Crew, Tell
from bot.worker.told import told

SECONDS_BETWEEN_SWEEPS = 2
SECONDS_BETWEEN_REPORTS = 60
SECONDS_BETWEEN_SURVEYS = 3600
SECONDS_BETWEEN_LOOKS = 1.0

PLANS_AT_ONCE = 2

SECONDS_TO_LEAVE = 5.0
"""For threads that talk to Slack: whatever they leave is done later, here or elsewhere."""

FAILED, REFUSED = 1, 2
"""Exit statuses: AWS or the database; the settings."""

_log = logging.getLogger(__name__)


def main(config: Path | None, *, debug: bool) -> None:
    """Until SIGTERM, SIGINT, or the end of whoever started it. Then it ends after the batches in
    flight, and whoever comes next goes on. `debug`: tells tracebacks."""
    leaving = leaving_on_signals()
    log_to_stderr()
    try:
        _work(config, leaving, debug=debug)
    except Exception as error:  # noqa: BLE001 - Python would print a bug as it is
        _log.error("The worker cannot begin: %s", told(error), exc_info=debug)
        sys.exit(REFUSED if isinstance(error, RequestError) else FAILED)


def _work(config: Path | None, leaving: Leaving, *, debug: bool) -> None:
    settings = load_settings(config)
    with (
        open_store() as store,
        _in_slack(settings, store, leaving, debug=debug) as tell,
        ThreadPoolExecutor(RUNS_AT_ONCE) as pool,
    ):
        executor = open_executor(settings, store, _untold, _unwatched, leaving)
        crew = Crew(executor, pool.submit, system_clock, tell, debug=debug)
        sweep = Sweep(store, system_clock, is_gone, crew.take)
        scheduler = BackgroundScheduler(timezone="UTC")
        _repeat(scheduler, partial(_swept, sweep, debug=debug), SECONDS_BETWEEN_SWEEPS)
        if is_in_slack():
            for alarm, seconds in _alarms(settings, store, debug=debug).items():
                _repeat(scheduler, alarm, seconds)
        scheduler.start()
        _wait_for(leaving)
        scheduler.shutdown()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _in_slack(settings: Settings, store: Store, leaving: Leaving, *, debug: bool) -> Iterator[Tell]:
    """What Slack is to be told of goes to what this yields. Without a bot's token nobody is."""
    if not is_in_slack():
        yield _nobody
        return
    from bot.worker.foothold import Foothold  # noqa: PLC0415
    from bot.worker.hands import Hands  # noqa: PLC0415
    from bot.worker.herald import Herald  # noqa: PLC0415
    from bot.worker.job_handlers import open_job_handlers  # noqa: PLC0415 - without Slack nobody needs it

    expect_many_lasting_objects()
    foothold = Foothold(settings, store)
    herald = Herald(foothold, leaving, debug=debug)
    handlers = open_job_handlers(settings, store, foothold, leaving, system_clock)
    hands = Hands(store, this_worker(), handlers, system_clock, leaving, debug=debug)
    threads = [Thread(target=herald.work, name="herald", daemon=True)]
    threads += [
        Thread(target=hands.work, name=f"hand {number}", daemon=True)
        for number in range(PLANS_AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    yield herald.tell
    for thread in threads:
        thread.join(SECONDS_TO_LEAVE)


def _alarms(settings: Settings, store: Store, *, debug: bool) -> Mapping[Alarm, int]:
    """With the seconds between."""
    reports = Alarm(
        partial(open_run_due, settings, store, _log.warning),
        system_clock,
        "Reports that are due come a minute later",
        debug,
    )
    survey = Alarm(
        partial(open_survey, settings, store, _log.warning),
        system_clock,
        "Registries are listed an hour later",
        debug,
    )
    return {reports: SECONDS_BETWEEN_REPORTS, survey: SECONDS_BETWEEN_SURVEYS}


def _repeat(scheduler: BackgroundScheduler, call: Callable[[], None], seconds: int) -> None:
    """At once, and then again and again, one after the other; what was missed comes once."""
    scheduler.add_job(
        call,
        "interval",
        seconds=seconds,
        next_run_time=system_clock(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )


def _wait_for(leaving: Leaving) -> None:
    parent = multiprocessing.parent_process()
    while not leaving.is_told():
        leaving.sleep(SECONDS_BETWEEN_LOOKS)
        if parent and not parent.is_alive():
            leaving.tell()


def _swept(sweep: Sweep, *, debug: bool) -> None:
    try:
        sweep()
        beat(WORKER)
    except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
        _log.error("What is due is looked for again in a moment: %s", told(error), exc_info=debug)


def _untold(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """Nobody looks."""


def _unwatched(done: int, total: int, freed_bytes: int) -> None:
    """Whoever wants to know how far it is reads the store."""


def _nobody(plan_id: str) -> None:
    """Nobody is told."""
