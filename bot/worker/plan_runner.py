"""Carries out several plans at a time in the worker."""

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
"""If a plan could not be carried out."""

_log = logging.getLogger(__name__)

NotifyPlan = Callable[[str], None]
"""Takes the id of a plan that has changed."""


class PlanRunner:
    """Starts each plan once, by `submit`. `notify` learns of every change of a plan. May be used by
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
        self._under_way: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self._lock = Lock()

    def take(self, work: RunOverview) -> None:
        """Starts what is due or abandoned, but for plans that are under way here already or failed
        a moment ago."""
        for begun in work.abandoned:
            earlier = begun.run.worker
            how = f"goes on here: process {earlier.pid} on {earlier.host} left it"
            self._begin(begun.plan, how, partial(self._for(begun.plan).take_over, *begun))
        for plan in work.due:
            self._begin(plan, "is looked at once more", partial(self._for(plan).start, plan.id))

    def _begin(self, plan: PlanRecord, how: str, carry_out: Callable[[], PlanRecord]) -> None:
        with self._lock:
            retry_at = self._not_before.get(plan.id)
            is_too_early = retry_at is not None and self._clock() < retry_at
            if is_too_early or plan.id in self._under_way:
                return
            self._under_way.add(plan.id)
        self._submit(self._carry_out, plan, how, carry_out)

    def _carry_out(self, plan: PlanRecord, how: str, carry_out: Callable[[], PlanRecord]) -> None:
        _log.info("%s %s", _named(plan), how)
        try:
            after = carry_out()
        except NotStartedError as error:
            _log.warning("%s", not_started_words(error.plan, error.cause))
        except ShutdownError:
            _log.info("%s waits for the next process: this one was told to leave", _named(plan))
        except PausedError as error:
            _log.info("%s waits: %s", _named(plan), pause_words(error.pause))
        except LeaseLostError:
            _log.info("%s is carried out by another process", _named(plan))
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            words = any_error_words(error)
            _log.error("%s is tried again later: %s", _named(plan), words, exc_info=self._debug)
            self._retry_later(plan)
        else:
            level = logging.WARNING if after.state is PlanState.FAILED else logging.INFO
            _log.log(level, "%s %s", _named(after), _outcome_words(after))
        finally:
            self._notify(plan.id)
            with self._lock:
                self._under_way.discard(plan.id)
            collect_garbage()

    def _for(self, plan: PlanRecord) -> RunStarter:
        """Notifies of the plan's progress."""

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
        return (
            f"comes late, and waits for a new undo window: until {format_time(plan.execute_after)}"
        )
    saved = f"; {freed(plan)} freed" if plan.state in EXECUTED else ""
    return f"{state_words(plan.state)}{saved}"
