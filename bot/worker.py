"""The process that carries plans out.

What there is to do stands in the plans themselves: one that is approved and due, or whose run was
left, is taken by whoever is first. With PostgreSQL there may be many such processes.
"""

import logging
import multiprocessing
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord, PlanState
from bot.core.transitions import what_became
from bot.core.words import moment
from bot.logs import log_to_stderr
from bot.render.words import size
from bot.schedule import Sweep
from bot.settings import load_settings
from bot.usecases.carry_out import LeftError
from bot.usecases.execute import CalledBackError, Executor
from bot.usecases.find_work import Work
from bot.usecases.lease import RunLostError
from bot.wiring import Leaving, is_gone, open_executor, open_store, system_clock

RUNS_AT_ONCE = 4
SECONDS_BETWEEN_SWEEPS = 2
SECONDS_BETWEEN_LOOKS = 1.0

PAUSE = timedelta(minutes=1)
"""After something went wrong with a plan, before it is tried again."""

FAILED, REFUSED = 1, 2
"""Exit statuses: AWS or the database; the settings."""

_ENDED = (PlanState.DONE, PlanState.FAILED, PlanState.STOPPED)

_log = logging.getLogger(__name__)


def main(config: Path | None, *, debug: bool) -> None:
    """Until SIGTERM, SIGINT, or the end of whoever started it. Then it ends after the batches in
    flight, and whoever comes next goes on. `debug`: tells tracebacks."""
    leaving = _told_to_leave()
    log_to_stderr()
    try:
        _work(config, leaving, debug=debug)
    except (RequestError, ServiceError) as error:
        _log.error("The worker cannot begin: %s", error, exc_info=debug)
        sys.exit(REFUSED if isinstance(error, RequestError) else FAILED)


def _work(config: Path | None, leaving: Leaving, *, debug: bool) -> None:
    settings = load_settings(config)
    with open_store() as store, ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        executor = open_executor(settings, store, _untold, _unwatched, leaving)
        crew = Crew(executor, pool.submit, system_clock, debug=debug)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            partial(_swept, Sweep(store, system_clock, is_gone, crew.take), debug=debug),
            "interval",
            seconds=SECONDS_BETWEEN_SWEEPS,
            next_run_time=system_clock(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        scheduler.start()
        _wait_for(leaving)
        scheduler.shutdown()
        pool.shutdown(cancel_futures=True)


def _told_to_leave() -> Leaving:
    leaving = Leaving()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.tell())
    return leaving


def _wait_for(leaving: Leaving) -> None:
    parent = multiprocessing.parent_process()
    while not leaving.is_told():
        leaving.sleep(SECONDS_BETWEEN_LOOKS)
        if parent and not parent.is_alive():
            leaving.tell()


class Crew:
    """Carries out some plans at a time, each once."""

    def __init__(
        self,
        executor: Executor,
        submit: Callable[..., object],
        clock: Callable[[], datetime],
        *,
        debug: bool,
    ) -> None:
        self._executor = executor
        self._submit = submit
        self._clock = clock
        self._debug = debug
        self._under_way: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self._lock = Lock()

    def take(self, work: Work) -> None:
        for begun in work.left:
            earlier = begun.run.worker
            how = f"goes on here: process {earlier.pid} on {earlier.host} left it"
            self._begin(begun.plan, how, partial(self._executor.take_over, *begun))
        for plan in work.due:
            self._begin(plan, "is looked at once more", partial(self._executor.start, plan.id))

    def _begin(self, plan: PlanRecord, how: str, carry_out: Callable[[], PlanRecord]) -> None:
        with self._lock:
            again_at = self._not_before.get(plan.id)
            is_paused = again_at is not None and self._clock() < again_at
            if is_paused or plan.id in self._under_way:
                return
            self._under_way.add(plan.id)
        self._submit(self._carry_out, plan, how, carry_out)

    def _carry_out(self, plan: PlanRecord, how: str, carry_out: Callable[[], PlanRecord]) -> None:
        _log.info("%s %s", _named(plan), how)
        try:
            after = carry_out()
        except CalledBackError as error:
            _log.warning("%s", error)
        except LeftError:
            _log.info("%s waits for the next process: this one was told to leave", _named(plan))
        except RunLostError:
            _log.info("%s is carried out by another process", _named(plan))
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.error(
                "%s is tried again later: %s", _named(plan), _told(error), exc_info=self._debug
            )
            self._pause(plan)
        else:
            level = logging.WARNING if after.state is PlanState.FAILED else logging.INFO
            _log.log(level, "%s %s", _named(after), _what_became(after))
        finally:
            with self._lock:
                self._under_way.discard(plan.id)

    def _pause(self, plan: PlanRecord) -> None:
        with self._lock:
            self._not_before[plan.id] = self._clock() + PAUSE


def _swept(sweep: Sweep, *, debug: bool) -> None:
    try:
        sweep()
    except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
        _log.error("What is due is looked for again in a moment: %s", _told(error), exc_info=debug)


def _named(plan: PlanRecord) -> str:
    return f"The plan {plan.id} for {plan.repository.name}"


def _what_became(plan: PlanRecord) -> str:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"comes late, and waits for a new undo window: until {moment(plan.execute_after)}"
    freed = f"; {size(plan.freed_bytes)} freed" if plan.state in _ENDED else ""
    return f"{what_became(plan.state)}{freed}"


def _told(error: Exception) -> str:
    if isinstance(error, RequestError | ServiceError):
        return str(error)
    return f"a bug of ecr-clean's own ({type(error).__name__}: {error}): --debug shows more"


def _untold(step: str, done: int, total: int | None) -> None:
    """Nobody looks."""


def _unwatched(done: int, total: int, freed_bytes: int) -> None:
    """Whoever wants to know how far it is reads the store."""
