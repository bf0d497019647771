"""Carries plans out while somebody looks; `ecr-clean recover` finishes what was left."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING

import click

from bot.bootstrap.deletion import open_run_starter
from bot.bootstrap.planning import system_clock
from bot.bootstrap.processes import Shutdown, is_gone
from bot.bootstrap.usecases import command_line_person, open_decisions
from bot.cli.database import existing_store
from bot.cli.exit_status import INTERRUPTED, ExitStatus, ExitStatusCollector
from bot.cli.options import CommonOptions, common_options
from bot.cli.terminal import note, print_line, progress_display, show
from bot.core.errors import RequestError, ServiceError
from bot.core.permissions import Person
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome, Pause, PlanRecord
from bot.core.savings import usd_per_month
from bot.core.text_formatting import format_time
from bot.ports import Progress, RunProgress
from bot.render.decisions import pause_words
from bot.render.errors import not_started_words
from bot.render.quantities import size
from bot.render.stored_plans import result_as_text
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.deletion.start import (
    ActiveRun,
    NotStartedError,
    PausedError,
    RunOverview,
    RunStarter,
    find_runs,
)

if TYPE_CHECKING:
    from bot.store.store import Store


SECONDS_BETWEEN_CHECKS = 1.0

STOPPING = b"\necr-clean: stopping after the batches in flight; Ctrl-C again leaves at once\n"
LEFT = b"\x1b[?25h\necr-clean: left at once: ecr-clean recover finishes what was begun\n"
"""Written as a signal handler may: whoever else writes may be in the middle of it. The bar has
hidden the cursor."""

RunAction = Callable[[RunStarter], PlanRecord]

SUCCESSFUL_STATES = (PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE)


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """`person`: whoever runs this; they stop with Ctrl-C what they see deleted, and `shutdown` is
    told."""

    settings: Settings
    store: "Store"
    person: Person
    shutdown: Shutdown = field(default_factory=Shutdown)

    def wait_and_execute(self, plan: PlanRecord) -> PlanRecord:
        """Waits until the plan may begin, and carries it out, unless another process does: then it
        waits for that. Raises NotStartedError if it cannot begin, KeyboardInterrupt if whoever
        waits does so no longer."""
        with _stop_on_ctrl_c(self.shutdown):
            while plan.state in (PlanState.APPROVED, PlanState.EXECUTING):
                if self.shutdown.is_requested():
                    raise KeyboardInterrupt
                if action := self._next_action(plan):
                    action()
                elif plan.state is PlanState.EXECUTING:
                    self._wait_for_another(plan)
                elif pause := self.store.pause():
                    self._wait_until_resumed(pause)
                else:
                    self._wait_for_undo_window(plan)
                plan = self._as_stored(plan)
        return plan

    def start(self, plan: PlanRecord) -> PlanRecord:
        try:
            after = self._watched(plan, lambda starter: starter.start(plan.id))
        except PausedError as error:
            note(f"{pause_words(error.pause)}: no plan begins before that")
            return self._as_stored(plan)
        if after.state is PlanState.APPROVED:
            note(
                f"nobody was there to begin the plan {plan.id} in time: it has a new undo window, "
                f"in which ecr-clean stop {plan.id} takes it back"
            )
        return after

    def take_over(self, begun: ActiveRun) -> PlanRecord:
        return self._watched(begun.plan, lambda starter: starter.take_over(*begun))

    def _next_action(self, plan: PlanRecord) -> Callable[[], PlanRecord] | None:
        """None while the plan may not begin, or another process carries it out."""
        work = self._work()
        dos = {due.id: partial(self.start, due) for due in work.due}
        dos |= {begun.plan.id: partial(self.take_over, begun) for begun in work.abandoned}
        return dos.get(plan.id)

    def _work(self) -> RunOverview:
        return find_runs(self.store, system_clock(), is_gone)

    def _wait_for_undo_window(self, plan: PlanRecord) -> None:
        """Less long, if somebody changes the plan meanwhile."""
        began, until = system_clock(), plan.execute_after
        assert until, "approved plans have a time"
        how_to_stop = f"to take it back: ecr-clean stop {plan.id}"
        seconds = (until - began).total_seconds()
        with progress_display() as progress:
            while (left := (until - system_clock()).total_seconds()) > 0:
                progress("waiting", int(seconds - left), int(seconds), how_to_stop)
                self.shutdown.sleep(min(left, SECONDS_BETWEEN_CHECKS))
                if self.shutdown.is_requested() or self._as_stored(plan).revision != plan.revision:
                    return

    def _wait_until_resumed(self, pause: Pause) -> None:
        with progress_display() as progress:
            progress(pause_words(pause), 0, None)
            while self.store.pause() and not self.shutdown.is_requested():
                self.shutdown.sleep(SECONDS_BETWEEN_CHECKS)

    def _wait_for_another(self, plan: PlanRecord) -> None:
        """Process, until it is done or gone."""
        with progress_display() as progress:
            while self._is_with_another(plan) and not self.shutdown.is_requested():
                items = self.store.items(plan.id, plan.version)
                settled = sum(item.outcome is not ImageOutcome.PENDING for item in items)
                progress("another process carries it out", settled, len(items))
                self.shutdown.sleep(SECONDS_BETWEEN_CHECKS)

    def _is_with_another(self, plan: PlanRecord) -> bool:
        is_executing = self._as_stored(plan).state is PlanState.EXECUTING
        return is_executing and not self._next_action(plan)

    def _watched(self, plan: PlanRecord, action: RunAction) -> PlanRecord:
        with progress_display() as progress, _stop_on_ctrl_c(self.shutdown, STOPPING):
            try:
                return self._unless_stopped(plan, action, progress)
            except LeaseLostError:
                return self._as_stored(plan)

    def _unless_stopped(
        self, plan: PlanRecord, action: RunAction, progress: Progress
    ) -> PlanRecord:
        """Ctrl-C stops the plan, as `ecr-clean stop` would."""
        try:
            return action(self._starter(progress, self.shutdown))
        except ShutdownError:
            stopping = open_decisions(self.settings, self.store).stop(plan.id, self.person)
        begun = next((each for each in self._work().abandoned if each.plan.id == plan.id), None)
        return self._starter(progress, Shutdown()).take_over(*begun) if begun else stopping

    def _starter(self, progress: Progress, shutdown: Shutdown) -> RunStarter:
        return open_run_starter(self.settings, self.store, progress, _shown_by(progress), shutdown)

    def _as_stored(self, plan: PlanRecord) -> PlanRecord:
        stored = self.store.plan(plan.id)
        assert stored
        return stored


def _shown_by(progress: Progress) -> RunProgress:
    def show(done: int, total: int, freed_bytes: int) -> None:
        progress("deleting", done, total, f"{size(freed_bytes)} freed")

    return show


@contextmanager
def _stop_on_ctrl_c(shutdown: Shutdown, words: bytes = b"") -> Iterator[None]:
    """The second one leaves at once, whatever is under way: a killed run is recovered, too. An
    exception in the middle of whatever is under way might be lost."""
    if current_thread() is not main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if shutdown.is_requested():
            os.write(2, LEFT)
            os._exit(INTERRUPTED)
        shutdown.request()
        os.write(2, words)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def execute(executor: PlanExecutor, plan: PlanRecord) -> ExitStatus:
    """Waits for it, with a bar where somebody looks."""
    try:
        return print_result(executor, executor.wait_and_execute(plan))
    except NotStartedError as error:
        return print_not_started(error)


@contextmanager
def explained_interruption(store: "Store", plan: PlanRecord) -> Iterator[None]:
    """To whoever presses Ctrl-C before the end."""
    try:
        yield
    except KeyboardInterrupt:
        note(_after_interruption(store.plan(plan.id) or plan))
        raise


def print_result(executor: PlanExecutor, plan: PlanRecord) -> ExitStatus:
    items = executor.store.items(plan.id, plan.version)
    usd = usd_per_month(plan.freed_bytes, executor.settings.price_per_gb_month)
    required = executor.settings.approval.required
    show(result_as_text(plan, items, required, usd))
    return ExitStatus.DONE if plan.state in SUCCESSFUL_STATES else ExitStatus.FAILED


def _after_interruption(plan: PlanRecord) -> str:
    """Of a plan that somebody waits for no longer."""
    if plan.state is PlanState.EXECUTING:
        return f"another process goes on with the plan: ecr-clean stop {plan.id} stops it"
    return (
        f"the approval stands, and ecr-clean serve or recover carries the plan out: "
        f"ecr-clean stop {plan.id} takes it back"
    )


def print_not_started(error: NotStartedError) -> ExitStatus:
    note(not_started_words(error.plan, error.cause))
    return ExitStatus.INCOMPLETE if error.is_incomplete else ExitStatus.REFUSED


@click.command()
@common_options
@click.pass_obj
def recover(options: CommonOptions) -> int:
    """Finish what was left: runs whose process died, and approved plans whose time has come.

    It waits for nothing: what another process has, and what may not begin yet, is named.
    """
    settings = load_settings(options.config)
    outcome = ExitStatusCollector(options.debug)
    with existing_store() as store:
        work = find_runs(store, system_clock(), is_gone) if store else RunOverview((), (), ())
        pause = store.pause() if store else None
        if store and (work.due or work.abandoned):
            executor = PlanExecutor(settings, store, command_line_person(settings))
            _finish_all(executor, work, outcome)
    for begun in work.running:
        note(_still_running(begun))
    if pause:
        note(f"{pause_words(pause)}: no plan begins before that")
    elif not (work.due or work.abandoned or work.running):
        print_line("Nothing was left: no plan is due, and none is being carried out.")
    return outcome.status


def _finish_all(executor: PlanExecutor, work: RunOverview, outcome: ExitStatusCollector) -> None:
    """Whoever presses Ctrl-C stops one plan, and begins no other."""
    for finish in _finishers(executor, work):
        _try(executor, finish, outcome)
        if executor.shutdown.is_requested():
            raise KeyboardInterrupt


def _finishers(executor: PlanExecutor, work: RunOverview) -> Iterator[Callable[[], PlanRecord]]:
    yield from (partial(executor.take_over, begun) for begun in work.abandoned)
    yield from (partial(executor.start, plan) for plan in work.due)


def _try(
    executor: PlanExecutor, finish: Callable[[], PlanRecord], outcome: ExitStatusCollector
) -> None:
    """What fails hinders nothing else."""
    try:
        outcome.statuses.add(print_result(executor, finish()))
    except NotStartedError as error:
        outcome.statuses.add(print_not_started(error))
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _still_running(begun: ActiveRun) -> str:
    plan, run = begun
    return (
        f"the plan {plan.id} for {plan.repository.name} is carried out by process {run.worker.pid} "
        f"on {run.worker.host}, as far as anybody can tell from here: if that is gone, run "
        f"ecr-clean recover again after {format_time(run.leased_until)}"
    )
