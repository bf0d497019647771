"""The process that carries plans out.

What there is to do stands in the plans themselves: one that is approved and due, or whose run was
left, is taken by whoever is first. With PostgreSQL there may be many such processes.
"""

import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event, Lock

from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.schedule import Sweep
from bot.settings import load_settings
from bot.usecases.carry_out import LeftError
from bot.usecases.execute import CalledBackError, Executor
from bot.usecases.find_work import Work
from bot.usecases.lease import RunLostError
from bot.wiring import is_gone, open_executor, open_store, system_clock

RUNS_AT_ONCE = 4
SECONDS_BETWEEN_SWEEPS = 5
SECONDS_BETWEEN_LOOKS = 1.0

_log = logging.getLogger(__name__)


def main(config: Path | None) -> None:
    """Until SIGTERM, SIGINT, or the end of whoever started it. Then it ends after the batches in
    flight, and whoever comes next goes on."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.Formatter.converter = time.gmtime
    logging.getLogger("bot").setLevel(logging.INFO)
    try:
        _work(config, _told_to_leave())
    except (RequestError, ServiceError) as error:
        sys.exit(f"ecr-clean: {error}")


def _work(config: Path | None, leaving: Event) -> None:
    settings = load_settings(config)
    with open_store() as store, ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        executor = open_executor(settings, store, _untold, _unwatched, leaving.is_set)
        crew = Crew(executor, pool.submit)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            partial(_swept, Sweep(store, system_clock, is_gone, crew.take)),
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


def _told_to_leave() -> Event:
    leaving = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.set())
    return leaving


def _wait_for(leaving: Event) -> None:
    parent = multiprocessing.parent_process()
    while not leaving.wait(SECONDS_BETWEEN_LOOKS):
        if parent and not parent.is_alive():
            leaving.set()


class Crew:
    """Carries out some plans at a time, each once."""

    def __init__(self, executor: Executor, submit: Callable[..., object]) -> None:
        self._executor = executor
        self._submit = submit
        self._under_way: set[str] = set()
        self._lock = Lock()

    def take(self, work: Work) -> None:
        for begun in work.left:
            self._begin(begun.plan, partial(self._executor.take_over, *begun))
        for plan in work.due:
            self._begin(plan, partial(self._executor.start, plan.id))

    def _begin(self, plan: PlanRecord, carry_out: Callable[[], PlanRecord]) -> None:
        with self._lock:
            if plan.id in self._under_way:
                return
            self._under_way.add(plan.id)
        self._submit(self._carry_out, plan, carry_out)

    def _carry_out(self, plan: PlanRecord, carry_out: Callable[[], PlanRecord]) -> None:
        try:
            what_became = carry_out().state.value
        except (CalledBackError, RequestError, ServiceError) as error:
            _log.error("%s", error)
        except (LeftError, RunLostError):
            _log.info("plan %s for %s: somebody else goes on", plan.id, plan.repository.name)
        except Exception:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.exception("plan %s for %s: a bug of ecr-clean", plan.id, plan.repository.name)
        else:
            _log.info("plan %s for %s: %s", plan.id, plan.repository.name, what_became)
        finally:
            with self._lock:
                self._under_way.discard(plan.id)


def _swept(sweep: Sweep) -> None:
    try:
        sweep()
    except ServiceError as error:
        _log.error("%s", error)


def _untold(step: str, done: int, total: int | None) -> None:
    """Nobody looks."""


def _unwatched(done: int, total: int, freed_bytes: int) -> None:
    """Whoever wants to know how far it is reads the store."""
