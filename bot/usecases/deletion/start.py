"""Finds and starts plans that are due, and takes over abandoned runs."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.core.audit_details import (
    EventDetail,
    RunStarted,
    RunStoppedAtTakeover,
    RunTakenOver,
    StartPostponed,
    StartPrevented,
)
from bot.core.errors import DamagedDataError, ErrorText, RequestError
from bot.core.plan import PlanState
from bot.core.plan_transitions import (
    is_due,
    is_late,
    postponed,
    reopened,
    started,
    stop_requested,
    taken_over,
)
from bot.core.records import (
    SETTINGS_ACTOR,
    AuditEvent,
    AuditEventName,
    Pause,
    PlanRecord,
    PlanRun,
    PlanWorker,
    StoreChange,
    automatic_event,
)
from bot.core.refusal_reasons import ApprovalProblem
from bot.core.result_reasons import (
    ApprovedHashDiffers,
    ExecutionDisabled,
    NewPlanProblems,
    StartProblem,
)
from bot.core.revalidation import find_new_plan_problems, is_approved_content
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.deletion.lease import RUN_LEASE, LeaseLostError
from bot.usecases.deletion.revalidation import DeletionTarget, FreshPlan, make_fresh_plan
from bot.usecases.deletion.run import RunExecutor, ShutdownError
from bot.usecases.proposals import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


IsGone = Callable[[PlanWorker], bool]
"""Whether a process has certainly ended. False if this process cannot find out."""


class ActiveRun(NamedTuple):
    """A plan in the state `executing`, and its run."""

    plan: PlanRecord
    run: PlanRun


@dataclass(frozen=True, slots=True)
class RunOverview:
    """Approved plans and runs at a time, in UTC. `due`: plans whose undo window is over; none
    during a pause. `abandoned`: runs whose worker is gone, or whose lease has expired. `running`:
    other runs."""

    at: datetime
    due: Sequence[PlanRecord]
    abandoned: Sequence[ActiveRun]
    running: Sequence[ActiveRun]


def find_runs(store: "Store", now: datetime, is_gone: IsGone) -> RunOverview:
    plans = store.approved_plans()
    executing = (plan for plan in plans if plan.state is PlanState.EXECUTING)
    active = [ActiveRun(plan, run) for plan in executing if (run := store.run(plan.id))]
    running = [
        each for each in active if now < each.run.leased_until and not is_gone(each.run.worker)
    ]
    return RunOverview(
        at=now,
        due=[] if store.pause() else [plan for plan in plans if is_due(plan, now)],
        abandoned=[each for each in active if each not in running],
        running=running,
    )


class NotStartedError(Exception):
    """A plan could not start, and is proposed again, without approvals."""

    def __init__(self, plan: PlanRecord, cause: StartProblem) -> None:
        super().__init__(cause)
        self.plan = plan
        self.cause = cause

    @property
    def is_incomplete(self) -> bool:
        return isinstance(self.cause, NewPlanProblems)


class PausedError(Exception):
    """The bot is paused, so no plan may start."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause)
        self.pause = pause


class _ObstacleError(Exception):
    """The plan cannot start."""

    def __init__(self, cause: StartProblem) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class RunStarter:
    """Starts plans and takes over runs. `worker` is this process; `authority` checks approvals
    against the settings of this process; `enabled` False: no plan runs. `open_target` raises
    RequestError if the settings do not have the plan's registry."""

    runner: RunExecutor
    worker: PlanWorker
    authority: AuthorityChecker
    enabled: bool
    undo_window: timedelta
    open_target: Callable[[PlanRecord], AbstractContextManager[DeletionTarget]]

    def start(self, id_: str, found_due_at: datetime) -> PlanRecord:
        """Runs a plan whose undo window is over, and returns it after the run. A plan that should
        have started long before `found_due_at` gets a new window instead. It may have waited for
        other runs since then.

        Raises NotStartedError if the plan cannot start, LeaseLostError if another worker has
        started it or a person has stopped it, ShutdownError, PausedError during a pause, and
        ServiceError if AWS, Slack or the store fails. After a ServiceError the plan is still
        approved, or its run is recovered later.
        """
        self._expect_no_pause()
        plan = self._in_time(find_plan(self._store, id_, self._now()), found_due_at)
        if not is_due(plan, self._now()):
            return plan
        with ExitStack() as stack:
            try:
                self._expect_allowed(plan)
                target = stack.enter_context(self.open_target(plan))
                fresh = self._fresh_plan(plan, target)
            except _ObstacleError as error:
                raise self._not_started(plan, error.cause) from error
            except (RequestError, DamagedDataError) as error:
                raise self._not_started(plan, ErrorText.of(error)) from error
            if self.runner.is_shutting_down():
                raise ShutdownError
            return self.runner.run(self._started(plan), target, fresh)

    def take_over(self, plan: PlanRecord, run: PlanRun) -> PlanRecord:
        """Resumes an abandoned run. Stops the run if the settings of this process do not allow it.

        Raises LeaseLostError if another worker was faster, ServiceError if Slack cannot identify
        the approvers, and what `open_target` raises.
        """
        why_not = (
            self._why_not_approved(plan, run.started_at) if self.enabled else ExecutionDisabled()
        )
        with self.open_target(plan) as target:
            return self.runner.run(self._taken_over(plan, run, why_not), target)

    def _expect_allowed(self, plan: PlanRecord) -> None:
        """Raises _ObstacleError if the settings of this process do not allow the plan to start."""
        if not self.enabled:
            raise _ObstacleError(ExecutionDisabled())
        if why_not := self._why_not_approved(plan, self._now()):
            raise _ObstacleError(why_not)

    def _why_not_approved(self, plan: PlanRecord, begins_at: datetime) -> ApprovalProblem | None:
        return self.authority.why_not_approved(plan, self.undo_window, begins_at)

    def _in_time(self, plan: PlanRecord, found_due_at: datetime) -> PlanRecord:
        """Gives a plan that was found late a new undo window, so that people can stop it."""
        while is_late(plan, found_due_at):
            now = self._now()
            after = postponed(plan, now, self.undo_window)
            detail = StartPostponed(plan.execute_after or now, after.execute_after or now)
            event = self._event(AuditEventName.POSTPONED, after, detail)
            if self._store.commit(StoreChange((event,), plan, after)):
                return after
            plan = find_plan(self._store, plan.id, now)
        return plan

    def _fresh_plan(self, plan: PlanRecord, target: DeletionTarget) -> FreshPlan:
        """Raises _ObstacleError if the plan cannot start."""
        content = self._store.content(plan.id, plan.version)
        if not is_approved_content(plan, content):
            raise _ObstacleError(ApprovedHashDiffers(plan.version))
        fresh = make_fresh_plan(target)
        if change := find_new_plan_problems(content, fresh.planned.plan):
            raise _ObstacleError(change)
        return fresh

    def _started(self, plan: PlanRecord) -> PlanRun:
        """Raises LeaseLostError if another worker has started the plan or a person has stopped it,
        and PausedError during a pause."""
        now = self._now()
        run = PlanRun(plan.id, plan.version, 1, self.worker, now, now + RUN_LEASE)
        after = started(plan, now)
        approvers = tuple(approval.by for approval in plan.current_approvals)
        event = self._event(AuditEventName.STARTED, after, RunStarted(approvers, self.worker.host))
        if not self._store.commit(StoreChange((event,), plan, after, run=run)):
            self._expect_no_pause()
            raise LeaseLostError
        return run

    def _expect_no_pause(self) -> None:
        if pause := self._store.pause():
            raise PausedError(pause)

    def _taken_over(self, plan: PlanRecord, run: PlanRun, why_not: StartProblem | None) -> PlanRun:
        until = self._now() + RUN_LEASE
        mine = replace(run, attempt=run.attempt + 1, worker=self.worker, leased_until=until)
        after = stop_requested(plan, SETTINGS_ACTOR, why_not) if why_not else taken_over(plan)
        detail = RunTakenOver(run.worker.host, run.worker.pid, self.worker.host)
        events = [self._event(AuditEventName.TAKEN_OVER, after, detail)]
        if why_not:
            events.append(
                self._event(AuditEventName.NOT_STARTED, after, RunStoppedAtTakeover(why_not))
            )
        if not self._store.commit(StoreChange(events, plan, after, run_before=run, run=mine)):
            raise LeaseLostError
        return mine

    def _not_started(self, plan: PlanRecord, cause: StartProblem) -> Exception:
        """Returns LeaseLostError if another worker has started the plan or a person has stopped
        it."""
        event = self._event(AuditEventName.NOT_STARTED, plan, StartPrevented(cause))
        after = reopened(plan)
        if not self._store.commit(StoreChange((event,), plan, after)):
            return LeaseLostError()
        return NotStartedError(after, cause)

    def _event(self, name: AuditEventName, plan: PlanRecord, detail: EventDetail) -> AuditEvent:
        return automatic_event(plan, self._now(), name, detail)

    @property
    def _store(self) -> "Store":
        return self.runner.store

    def _now(self) -> datetime:
        return self.runner.clock()
