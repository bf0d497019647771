"""Starts what is due, and takes over what somebody left."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.audit_details import (
    CouldNotBegin,
    EventDetail,
    OnlyStopped,
    RunBegins,
    RunTakenOver,
    StartsLater,
)
from bot.core.decision_reasons import ApprovalLack
from bot.core.errors import DamagedError, RequestError
from bot.core.ground import is_what_people_approved, why_not_to_go_on
from bot.core.records import (
    BY_SETTINGS,
    Event,
    EventName,
    Pause,
    PlanRecord,
    Run,
    Worker,
    by_itself,
)
from bot.core.sentence import Sentence
from bot.core.start_obstacles import (
    ExecutionOff,
    GroundChanged,
    NotWhatWasApproved,
    StartObstacle,
)
from bot.core.transitions import (
    asked_to_stop,
    called_back,
    is_due,
    is_late,
    postponed,
    started,
    taken_over,
)
from bot.store.changes import Change
from bot.usecases.carry_out import LeftError, Runner
from bot.usecases.check_authority import Authority
from bot.usecases.lease import LENGTH, RunLostError
from bot.usecases.lookout import Sight, Workplace, look_at
from bot.usecases.proposals import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


class CalledBackError(Exception):
    """A plan that could not begin, and is proposed again, without approvals. `is_incomplete`: since
    something could not be read."""

    def __init__(self, plan: PlanRecord, cause: StartObstacle) -> None:
        super().__init__(cause)
        self.plan = plan
        self.cause = cause

    @property
    def is_incomplete(self) -> bool:
        return isinstance(self.cause, GroundChanged)


class PausedError(Exception):
    """No plan may begin."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause)
        self.pause = pause


class _ObstacleError(Exception):
    """The plan cannot begin."""

    def __init__(self, cause: StartObstacle) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Executor:
    """`worker` is who does it here, `authority` judges approvals by the settings here. `enabled`
    False: nothing is carried out. `open_workplace` raises RequestError if the settings do not know
    the plan's registry."""

    runner: Runner
    worker: Worker
    authority: Authority
    enabled: bool
    undo_window: timedelta
    open_workplace: Callable[[PlanRecord], AbstractContextManager[Workplace]]

    def start(self, id_: str) -> PlanRecord:
        """Carries out a plan whose undo window is over; the plan as it is then. One that should
        have begun long ago gets a new window, and waits.

        Raises CalledBackError if it cannot begin, RunLostError if somebody else takes it, LeftError
        if this worker was told to leave, PausedError while everything is paused, and ServiceError
        if AWS, Slack or the database fails: then it is still approved, or recovered later.
        """
        self._expect_no_pause()
        plan = self._in_time(find_plan(self._store, id_, self._now()))
        if not is_due(plan, self._now()):
            return plan
        with ExitStack() as stack:
            try:
                self._expect_allowed(plan)
                workplace = stack.enter_context(self.open_workplace(plan))
                sight = self._sight(plan, workplace)
            except _ObstacleError as error:
                raise self._called_back(plan, error.cause) from error
            except (RequestError, DamagedError) as error:
                raise self._called_back(plan, Sentence.of(error)) from error
            if self.runner.is_leaving():
                raise LeftError
            return self.runner.carry_out(self._begun(plan), workplace, sight)

    def take_over(self, plan: PlanRecord, run: Run) -> PlanRecord:
        """Continues a run whose worker is gone, or whose lease has expired. A run that the settings
        here do not allow is only stopped.

        Raises RunLostError if another worker was faster, ServiceError if Slack cannot tell who
        approved, and what opening the workplace raises.
        """
        why_not = self._why_not_approved(plan, run.begun_at) if self.enabled else ExecutionOff()
        with self.open_workplace(plan) as workplace:
            return self.runner.carry_out(self._taken(plan, run, why_not), workplace)

    def _expect_allowed(self, plan: PlanRecord) -> None:
        """Raises _ObstacleError if the settings here do not let the plan begin now."""
        if not self.enabled:
            raise _ObstacleError(ExecutionOff())
        if why_not := self._why_not_approved(plan, self._now()):
            raise _ObstacleError(why_not)

    def _why_not_approved(self, plan: PlanRecord, begins_at: datetime) -> ApprovalLack | None:
        return self.authority.why_not_approved(plan, self.undo_window, begins_at)

    def _in_time(self, plan: PlanRecord) -> PlanRecord:
        """Nobody is to be surprised by what they approved long ago: they can still stop it."""
        now = self._now()
        while is_late(plan, now):
            after = postponed(plan, now, self.undo_window)
            detail = StartsLater(plan.execute_after or now, after.execute_after or now)
            event = self._event(EventName.POSTPONED, after, detail)
            if self._store.commit(Change((event,), plan, after)):
                return after
            plan = find_plan(self._store, plan.id, now)
        return plan

    def _sight(self, plan: PlanRecord, workplace: Workplace) -> Sight:
        """Raises _ObstacleError if the plan cannot begin."""
        content = self._store.content(plan.id, plan.version)
        if not is_what_people_approved(plan, content):
            raise _ObstacleError(NotWhatWasApproved(plan.version))
        sight = look_at(workplace)
        if why := why_not_to_go_on(content, sight.planned.plan):
            raise _ObstacleError(why)
        return sight

    def _begun(self, plan: PlanRecord) -> Run:
        """Raises RunLostError if somebody was faster, to begin it or to stop it, and PausedError if
        somebody paused everything meanwhile."""
        now = self._now()
        run = Run(plan.id, plan.version, 1, self.worker, now, now + LENGTH)
        after = started(plan, now)
        approvers = tuple(approval.by for approval in plan.current_approvals)
        event = self._event(EventName.STARTED, after, RunBegins(approvers, self.worker.host))
        if not self._store.commit(Change((event,), plan, after, run=run)):
            self._expect_no_pause()
            raise RunLostError
        return run

    def _expect_no_pause(self) -> None:
        if pause := self._store.pause():
            raise PausedError(pause)

    def _taken(self, plan: PlanRecord, run: Run, why_not: StartObstacle | None) -> Run:
        now = self._now()
        mine = replace(run, attempt=run.attempt + 1, worker=self.worker, leased_until=now + LENGTH)
        after = asked_to_stop(plan, BY_SETTINGS, why_not) if why_not else taken_over(plan)
        detail = RunTakenOver(run.worker.host, run.worker.pid, self.worker.host)
        events = [self._event(EventName.TAKEN_OVER, after, detail)]
        if why_not:
            events.append(self._event(EventName.NOT_STARTED, after, OnlyStopped(why_not)))
        if not self._store.commit(Change(events, plan, after, run_before=run, run=mine)):
            raise RunLostError
        return mine

    def _called_back(self, plan: PlanRecord, cause: StartObstacle) -> Exception:
        """RunLostError if somebody was faster, to stop it or to begin it."""
        event = self._event(EventName.NOT_STARTED, plan, CouldNotBegin(cause))
        after = called_back(plan)
        if not self._store.commit(Change((event,), plan, after)):
            return RunLostError()
        return CalledBackError(after, cause)

    def _event(self, name: EventName, plan: PlanRecord, detail: EventDetail) -> Event:
        return by_itself(plan, self._now(), name, detail)

    @property
    def _store(self) -> "Store":
        return self.runner.store

    def _now(self) -> datetime:
        return self.runner.clock()
