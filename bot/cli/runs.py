"""Runs plans for `ecr-clean approve --wait` and `ecr-clean recover`, with progress."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING

import click

from bot.bootstrap.deletion import RunDisplay, open_run_starter
from bot.bootstrap.prices import open_price_reader
from bot.bootstrap.processes import Shutdown, is_gone
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.usecases import command_line_person, open_decisions
from bot.cli.exit_status import INTERRUPTED, ExitStatus, ExitStatusCollector
from bot.cli.open_storage import existing_store
from bot.cli.options import CommonOptions, common_options
from bot.cli.terminal import note, print_line, progress_display, show
from bot.core.errors import RequestError, ServiceError
from bot.core.permissions import Person
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome, Pause, PlanRecord
from bot.core.text_formatting import format_time
from bot.ports import Progress
from bot.process import system_clock
from bot.render.errors import not_started_words
from bot.render.quantities import size
from bot.render.refusals import pause_words
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

STOPPING = b"\necr-clean: stopping after the batches in flight; Ctrl-C again exits immediately\n"
EXITED = b"\x1b[?25h\necr-clean: exited immediately: ecr-clean recover finishes the deletion\n"
"""Written by a signal handler, so not through `print`. The escape sequence shows the cursor, which
the progress bar hides."""

RunAction = Callable[[RunStarter], PlanRecord]

SUCCESSFUL_STATES = (PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE)


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """Runs plans in a terminal, which share usage scans. `person`: the user, who stops the plan
    with Ctrl-C. `shutdown` is requested then."""

    settings: Settings
    store: "Store"
    person: Person
    shutdown: Shutdown = field(default_factory=Shutdown)
    scans: SharedScans = field(default_factory=SharedScans)

    def wait_and_execute(self, plan: PlanRecord) -> PlanRecord:
        """Waits until the plan may start, then runs it. If another process runs it, waits for the
        result. Raises NotStartedError if the plan cannot start, KeyboardInterrupt after Ctrl-C."""
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
                plan = self._reload(plan)
        return plan

    def start(self, plan: PlanRecord, found_due_at: datetime) -> PlanRecord:
        """`found_due_at`: as in `RunStarter.start`."""
        try:
            after = self._with_progress(plan, lambda starter: starter.start(plan.id, found_due_at))
        except PausedError as error:
            note(f"{pause_words(error.pause)}: no plan starts until it is resumed")
            return self._reload(plan)
        if after.state is PlanState.APPROVED:
            note(
                f"no worker started the plan {plan.id} in time: it has a new undo window, in which "
                f"ecr-clean stop {plan.id} withdraws the approval"
            )
        return after

    def take_over(self, active: ActiveRun) -> PlanRecord:
        return self._with_progress(active.plan, lambda starter: starter.take_over(*active))

    def _next_action(self, plan: PlanRecord) -> Callable[[], PlanRecord] | None:
        """None if the plan may not start yet, or another process runs it."""
        runs = self._runs()
        actions = {due.id: partial(self.start, due, runs.at) for due in runs.due}
        actions |= {active.plan.id: partial(self.take_over, active) for active in runs.abandoned}
        return actions.get(plan.id)

    def _runs(self) -> RunOverview:
        return find_runs(self.store, system_clock(), is_gone)

    def _wait_for_undo_window(self, plan: PlanRecord) -> None:
        """Returns early if the plan changes or a shutdown is requested."""
        started, until = system_clock(), plan.execute_after
        assert until, "approved plans have a time"
        how_to_stop = f"to withdraw the approval: ecr-clean stop {plan.id}"
        seconds = (until - started).total_seconds()
        with progress_display() as progress:
            while (left := (until - system_clock()).total_seconds()) > 0:
                progress("undo window", int(seconds - left), int(seconds), how_to_stop)
                self.shutdown.sleep(min(left, SECONDS_BETWEEN_CHECKS))
                if self.shutdown.is_requested() or self._reload(plan).revision != plan.revision:
                    return

    def _wait_until_resumed(self, pause: Pause) -> None:
        with progress_display() as progress:
            progress(pause_words(pause), 0, None)
            while self.store.pause() and not self.shutdown.is_requested():
                self.shutdown.sleep(SECONDS_BETWEEN_CHECKS)

    def _wait_for_another(self, plan: PlanRecord) -> None:
        """Returns when the other process has finished the plan, or is gone."""
        with progress_display() as progress:
            while self._is_with_another(plan) and not self.shutdown.is_requested():
                items = self.store.items(plan.id, plan.version)
                settled = sum(item.outcome is not ImageOutcome.PENDING for item in items)
                progress("another process runs the plan", settled, len(items))
                self.shutdown.sleep(SECONDS_BETWEEN_CHECKS)

    def _is_with_another(self, plan: PlanRecord) -> bool:
        is_executing = self._reload(plan).state is PlanState.EXECUTING
        return is_executing and not self._next_action(plan)

    def _with_progress(self, plan: PlanRecord, action: RunAction) -> PlanRecord:
        with progress_display() as progress, _stop_on_ctrl_c(self.shutdown, STOPPING):
            try:
                return self._run_or_stop(plan, action, progress)
            except LeaseLostError:
                return self._reload(plan)

    def _run_or_stop(self, plan: PlanRecord, action: RunAction, progress: Progress) -> PlanRecord:
        """Runs `action`. Ctrl-C stops the plan, as `ecr-clean stop` does."""
        try:
            return action(self._starter(progress, self.shutdown))
        except ShutdownError:
            stopping = open_decisions(self.settings, self.store).stop(plan.id, self.person)
        active = next((each for each in self._runs().abandoned if each.plan.id == plan.id), None)
        return self._starter(progress, Shutdown()).take_over(*active) if active else stopping

    def _starter(self, progress: Progress, shutdown: Shutdown) -> RunStarter:
        return open_run_starter(self.settings, self.store, self.scans, _display(progress), shutdown)

    def _reload(self, plan: PlanRecord) -> PlanRecord:
        stored = self.store.plan(plan.id)
        assert stored
        return stored


def _display(progress: Progress) -> RunDisplay:
    def show(done: int, total: int, freed_bytes: int) -> None:
        progress("deleting", done, total, f"{size(freed_bytes)} freed")

    return RunDisplay(progress, show)


@contextmanager
def _stop_on_ctrl_c(shutdown: Shutdown, words: bytes = b"") -> Iterator[None]:
    """The first Ctrl-C requests a shutdown, the second one exits immediately: `recover` finishes
    killed runs. The handler raises no exception, since library code might swallow it."""
    if current_thread() is not main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if shutdown.is_requested():
            os.write(2, EXITED)
            os._exit(INTERRUPTED)
        shutdown.request()
        os.write(2, words)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def execute(executor: PlanExecutor, plan: PlanRecord) -> ExitStatus:
    """Waits until the plan may start, runs it and prints its result."""
    try:
        return print_result(executor, executor.wait_and_execute(plan))
    except NotStartedError as error:
        return print_not_started(error)


@contextmanager
def note_after_interrupt(store: "Store", plan: PlanRecord) -> Iterator[None]:
    """If Ctrl-C ends the block, prints what happens to the plan now."""
    try:
        yield
    except KeyboardInterrupt:
        note(_after_interruption(store.plan(plan.id) or plan))
        raise


def print_result(executor: PlanExecutor, plan: PlanRecord) -> ExitStatus:
    items = executor.store.items(plan.id, plan.version)
    prices = open_price_reader(executor.settings, executor.store)()
    cost = prices.cost_of(plan.repository, plan.freed_bytes)
    required = executor.settings.approval.required
    show(result_as_text(plan, items, required, cost.usd_per_month))
    return ExitStatus.DONE if plan.state in SUCCESSFUL_STATES else ExitStatus.FAILED


def _after_interruption(plan: PlanRecord) -> str:
    """What happens to a plan after Ctrl-C."""
    if plan.state is PlanState.EXECUTING:
        return f"another process continues the plan; to stop it: ecr-clean stop {plan.id}"
    return (
        f"the plan is still approved, and ecr-clean serve or recover runs it; to withdraw the "
        f"approval: ecr-clean stop {plan.id}"
    )


def print_not_started(error: NotStartedError) -> ExitStatus:
    note(not_started_words(error.plan, error.cause))
    return ExitStatus.INCOMPLETE if error.is_incomplete else ExitStatus.REFUSED


@click.command()
@common_options
@click.pass_obj
def recover(options: CommonOptions) -> int:
    """Finish interrupted runs, and run plans that are due.

    An interrupted run is one whose process died. A plan is due when its undo window is over. Does
    not wait: plans that another process may still run, or that may not start yet, are only listed.
    """
    settings = load_settings(options.config)
    outcome = ExitStatusCollector(options.debug)
    now = system_clock()
    with existing_store() as store:
        runs = find_runs(store, now, is_gone) if store else RunOverview(now, (), (), ())
        pause = store.pause() if store else None
        if store and (runs.due or runs.abandoned):
            executor = PlanExecutor(settings, store, command_line_person(settings))
            _finish_all(executor, runs, outcome)
    for active in runs.running:
        note(_still_running(active))
    if pause:
        note(f"{pause_words(pause)}: no plan starts until it is resumed")
    elif not (runs.due or runs.abandoned or runs.running):
        print_line("Nothing to recover: no plan is due, and none is being executed.")
    return outcome.status


def _finish_all(executor: PlanExecutor, runs: RunOverview, outcome: ExitStatusCollector) -> None:
    """Ctrl-C stops the current plan and starts no other one."""
    for finish in _finishers(executor, runs):
        _try(executor, finish, outcome)
        if executor.shutdown.is_requested():
            raise KeyboardInterrupt


def _finishers(executor: PlanExecutor, runs: RunOverview) -> Iterator[Callable[[], PlanRecord]]:
    yield from (partial(executor.take_over, active) for active in runs.abandoned)
    yield from (partial(executor.start, plan, runs.at) for plan in runs.due)


def _try(
    executor: PlanExecutor, finish: Callable[[], PlanRecord], outcome: ExitStatusCollector
) -> None:
    """Prints an error instead of raising it, so that other plans go ahead."""
    try:
        outcome.statuses.add(print_result(executor, finish()))
    except NotStartedError as error:
        outcome.statuses.add(print_not_started(error))
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _still_running(active: ActiveRun) -> str:
    plan, run = active
    return (
        f"process {run.worker.pid} on {run.worker.host} runs the plan {plan.id} for "
        f"{plan.repository.name}: if that process is gone, run ecr-clean recover again after "
        f"{format_time(run.leased_until)}"
    )
