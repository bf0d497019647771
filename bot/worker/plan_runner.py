"""Runs several plans at a time in the worker."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from bot.core.plan import EXECUTED, PlanState
from bot.core.records import PlanRecord
from bot.core.text_formatting import format_time
from bot.process import collect_garbage
from bot.render.errors import any_error_words, not_started_words
from bot.render.quantities import freed
from bot.render.refusals import pause_words, state_words
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.deletion.start import NotStartedError, PausedError, RunOverview, RunStarter

RUNS_AT_ONCE = 4

RETRY_AFTER = timedelta(minutes=1)
"""The delay after a plan could not be run."""

_log = logging.getLogger(__name__)

NotifyPlan = Callable[[str], None]
"""Takes the id of a plan that has changed."""


class PlanRunner:
    """Runs each plan once, by `submit`. Calls `notify` after every change of a plan. May be used by
    several threads."""

    def __init__(
        self,
        starter: RunStarter,
        submit: Callable[..., object],
        clock: Callable[[], datetime],
        notify: NotifyPlan,
        *,
        debug: bool,
    ) -> None:
        self._starter = starter
        self._submit = submit
        self._clock = clock
        self._notify = notify
        self._debug = debug
        self._running: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self._lock = Lock()

    def take(self, runs: RunOverview) -> None:
        """Starts plans that are due or abandoned, except those that run in this process already or
        failed within RETRY_AFTER."""
        for abandoned in runs.abandoned:
            earlier = abandoned.run.worker
            why = f"is resumed: process {earlier.pid} on {earlier.host} abandoned it"
            run = partial(self._starter_for(abandoned.plan).take_over, *abandoned)
            self._submit_once(abandoned.plan, why, run)
        for plan in runs.due:
            run = partial(self._starter_for(plan).start, plan.id, runs.at)
            self._submit_once(plan, "is due, and planned again", run)

    def _submit_once(self, plan: PlanRecord, why: str, run: Callable[[], PlanRecord]) -> None:
        with self._lock:
            retry_at = self._not_before.get(plan.id)
            is_too_early = retry_at is not None and self._clock() < retry_at
            if is_too_early or plan.id in self._running:
                return
            self._running.add(plan.id)
        self._submit(self._run, plan, why, run)

    def _run(self, plan: PlanRecord, why: str, run: Callable[[], PlanRecord]) -> None:
        _log.info("%s %s", _named(plan), why)
        try:
            after = run()
        except NotStartedError as error:
            _log.warning("%s", not_started_words(error.plan, error.cause))
        except ShutdownError:
            _log.info("%s waits for another worker: this one is shutting down", _named(plan))
        except PausedError as error:
            _log.info("%s waits: %s", _named(plan), pause_words(error.pause))
        except LeaseLostError:
            _log.info("%s is run by another process", _named(plan))
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            words = any_error_words(error)
            _log.error("%s is retried later: %s", _named(plan), words, exc_info=self._debug)
            self._retry_later(plan)
        else:
            level = logging.WARNING if after.state is PlanState.FAILED else logging.INFO
            _log.log(level, "%s %s", _named(after), _outcome_words(after))
        finally:
            self._notify(plan.id)
            with self._lock:
                self._running.discard(plan.id)
            collect_garbage()

    def _starter_for(self, plan: PlanRecord) -> RunStarter:
        """A starter that also notifies of the plan's progress."""

        def progress(done: int, total: int, freed_bytes: int) -> None:
            self._starter.runner.progress(done, total, freed_bytes)
            self._notify(plan.id)

        return replace(self._starter, runner=replace(self._starter.runner, progress=progress))

    def _retry_later(self, plan: PlanRecord) -> None:
        with self._lock:
            self._not_before[plan.id] = self._clock() + RETRY_AFTER


def _named(plan: PlanRecord) -> str:
    return f"The plan {plan.id} for {plan.repository.name}"


def _outcome_words(plan: PlanRecord) -> str:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"is late, and gets a new undo window until {format_time(plan.execute_after)}"
    saved = f"; {freed(plan)} freed" if plan.state in EXECUTED else ""
    return f"{state_words(plan.state)}{saved}"
