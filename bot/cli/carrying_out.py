"""Carries plans out in this process, while somebody looks."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING

from bot.cli.progress import shown_progress
from bot.core.authority import Person
from bot.core.records import PlanRecord, PlanState
from bot.ports import Progress, RunProgress
from bot.render.words import size
from bot.settings import Settings
from bot.usecases.carry_out import LeftError
from bot.usecases.execute import Executor
from bot.usecases.find_work import Begun, find_work
from bot.usecases.lease import RunLostError
from bot.wiring import is_gone, open_executor, open_stopper, system_clock

if TYPE_CHECKING:
    from bot.store.store import SqlStore

SECONDS_BETWEEN_LOOKS = 1.0

STOPPING = b"\necr-clean: stopping after the batches in flight; Ctrl-C again leaves at once\n"
"""Written as a signal handler may: whoever else writes may be in the middle of it."""

Work = Callable[[Executor], PlanRecord]


@dataclass(frozen=True, slots=True)
class HandsOn:
    """`person`: whoever runs this; they stop with Ctrl-C what they see deleted."""

    settings: Settings
    store: "SqlStore"
    person: Person

    def to_the_end(self, plan: PlanRecord) -> PlanRecord:
        """Waits until the plan may begin, and carries it out, unless another process does: then it
        waits for that. Raises CalledBackError if it cannot begin."""
        while plan.state in (PlanState.APPROVED, PlanState.EXECUTING):
            self._wait_for(plan)
            work = find_work(self.store, system_clock(), is_gone)
            if any(due.id == plan.id for due in work.due):
                self.start(plan)
            for begun in work.left:
                if begun.plan.id == plan.id:
                    self.take_over(begun)
            plan = self._as_stored(plan)
        return plan

    def start(self, plan: PlanRecord) -> PlanRecord:
        return self._watched(plan, lambda executor: executor.start(plan.id))

    def take_over(self, begun: Begun) -> PlanRecord:
        return self._watched(begun.plan, lambda executor: executor.take_over(*begun))

    def _wait_for(self, plan: PlanRecord) -> None:
        """For its undo window, or for a moment."""
        began, until = system_clock(), plan.execute_after
        with shown_progress() as progress:
            while until and (left := (until - system_clock()).total_seconds()) > 0:
                seconds = (until - began).total_seconds()
                step = f"waiting (to take it back: ecr-clean stop {plan.id})"
                progress(step, int(seconds - left), int(seconds))
                time.sleep(min(left, SECONDS_BETWEEN_LOOKS))
                if self._as_stored(plan).revision != plan.revision:
                    return
        if plan.state is PlanState.EXECUTING:
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _watched(self, plan: PlanRecord, work: Work) -> PlanRecord:
        with shown_progress() as progress, _interruption() as interrupted:
            try:
                return work(self._executor(progress, interrupted.is_set))
            except RunLostError:
                return self._as_stored(plan)
            except LeftError:
                return self._stopped(plan, progress)

    def _stopped(self, plan: PlanRecord, progress: Progress) -> PlanRecord:
        """By whoever pressed Ctrl-C."""
        stopping = open_stopper(self.settings, self.store).stop(plan.id, self.person)
        run = self.store.run(plan.id)
        assert run
        return self._executor(progress, lambda: False).take_over(stopping, run)

    def _executor(self, progress: Progress, is_leaving: Callable[[], bool]) -> Executor:
        return open_executor(self.settings, self.store, progress, _shown_by(progress), is_leaving)

    def _as_stored(self, plan: PlanRecord) -> PlanRecord:
        stored = self.store.plan(plan.id)
        assert stored
        return stored


def _shown_by(progress: Progress) -> RunProgress:
    def show(done: int, total: int, freed_bytes: int) -> None:
        progress(f"deleting ({size(freed_bytes)} freed)", done, total)

    return show


@contextmanager
def _interruption() -> Iterator[Event]:
    """Set by the first Ctrl-C; the second leaves at once."""
    interrupted = Event()
    if current_thread() is not main_thread():
        yield interrupted
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        interrupted.set()
        os.write(2, STOPPING)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
