"""People's decisions: approve, dismiss or stop a plan, pause the bot, confirm usage.

Each decision raises RequestError with the reason if the person may not make it, or if it is too
late. The audit records every decision and every refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.audit_details import (
    ApprovalGiven,
    PauseEnded,
    PauseStarted,
    PlanDismissed,
    StoppedBeforeStart,
    StopRequested,
    UsageConfirmed,
)
from bot.core.errors import RefusedError, RequestError
from bot.core.permission_reasons import GrantReason
from bot.core.permissions import (
    ApprovalPermission,
    PermissionGranted,
    PermissionRefused,
    Person,
    may_approve,
    may_confirm_usage,
    may_dismiss,
    may_pause,
    may_stop,
)
from bot.core.plan import PlanState
from bot.core.plan_transitions import PlanStep, approved, dismissed, reopened, stop_requested
from bot.core.policy import ApprovalRules
from bot.core.records import Approval, AuditEventName, Pause, PlanRecord, StoreChange
from bot.core.refusal_reasons import AlreadyPaused, OutdatedWorkloadCount, WorkloadFigures
from bot.core.repository import RepositoryId
from bot.core.workload_counts import DoubtedUsage
from bot.ports import Clock, WorkloadCountMemory
from bot.usecases.audit import AuditedAction, AuditedRepositoryAction, one_line
from bot.usecases.proposals import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A person's request to approve. `version`: the one that they saw; `channel`: the Slack
    channel, None outside Slack; `typed`: the text that they typed to confirm, None if they were not
    asked."""

    version: int
    channel: str | None = None
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Makes people's decisions. `general_rules`: the rules for decisions about all repositories."""

    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]
    general_rules: ApprovalRules
    undo_window: timedelta

    def lacks_only_the_name(
        self, plan: PlanRecord, person: Person, consent: ApprovalRequest
    ) -> bool:
        """Whether the person may approve once they have typed the repository's name."""
        typed = replace(consent, typed=plan.repository.name)
        return isinstance(
            self._may_approve(plan, person, consent), PermissionRefused
        ) and isinstance(self._may_approve(plan, person, typed), PermissionGranted)

    def approve(self, id_: str, person: Person, consent: ApprovalRequest) -> PlanRecord:
        """Returns the plan: approved, or still proposed if more approvals are required."""
        while True:
            before, action = self._find(id_, person)
            grant = action.expect(self._may_approve(before, person, consent))
            required = self.rules_of(before.repository).required
            approval = Approval(person.name, action.at, before.version, before.hash)
            after = approved(before, approval, required, self.undo_window)
            event = action.event(AuditEventName.APPROVED, _approval_counts(grant, after, required))
            if self.store.commit(StoreChange((event,), before, after)):
                return after

    def dismiss(self, id_: str, person: Person, version: int | None = None) -> PlanRecord:
        """Ends a proposed plan. `version`: the one that the person saw, None for the newest."""
        while True:
            before, action = self._find(id_, person)
            action.expect(may_dismiss(person, self.rules_of(before.repository)))
            action.expect_step(PlanStep.DISMISS)
            action.expect_version(version)
            event = action.event(AuditEventName.DISMISSED, PlanDismissed())
            after = dismissed(before)
            if self.store.commit(StoreChange((event,), before, after)):
                return after

    def stop(self, id_: str, person: Person) -> PlanRecord:
        """During the undo window, the plan is proposed again, without approvals. While the plan is
        executing, it stops after the batches in flight."""
        while True:
            before, action = self._find(id_, person)
            action.expect(may_stop(person, self.rules_of(before.repository)))
            if before.state is PlanState.EXECUTING:
                after = stop_requested(before, person.name)
                event = action.event(AuditEventName.STOP_REQUESTED, StopRequested())
            else:
                action.expect_step(PlanStep.REOPEN)
                after = reopened(before)
                event = action.event(AuditEventName.STOPPED, StoppedBeforeStart())
            if self.store.commit(StoreChange((event,), before, after)):
                return after

    def pause(self, person: Person, why: str) -> Pause:
        """Stops plans from starting until a person resumes. Executing plans continue. `why` may be
        empty."""
        action = self._expect_may_pause(person)
        pause = Pause(person.name, action.at, one_line(why))
        detail = PauseStarted(pause.by, pause.at, pause.why)
        if not self.store.set_pause(pause, action.event(AuditEventName.PAUSED, detail)):
            raise _paused_already(self.store.pause())
        return pause

    def resume(self, person: Person) -> Pause:
        """Ends the pause, and returns it."""
        action = self._expect_may_pause(person)
        pause = self.store.pause()
        if pause:
            event = action.event(AuditEventName.RESUMED, PauseEnded(pause.by))
            if self.store.set_pause(None, event):
                return pause
        raise RequestError("ecr-clean is not paused")

    def confirm_usage(
        self, source: str, scope: str, workloads: int, person: Person
    ) -> DoubtedUsage:
        """Accepts a drop in a source's usage, and returns it. `workloads`: the number that the
        person saw. Later scans are compared with this number."""
        action = AuditedAction(self.store, person, self.clock())
        while True:
            doubted = find_doubted(self.store, source, scope)
            action.expect(may_confirm_usage(person, self.general_rules))
            if other := _other_number(doubted, workloads):
                action.refuse(other)
            detail = UsageConfirmed(figures(doubted))
            if self.store.confirm(doubted, action.event(AuditEventName.CONFIRMED_USAGE, detail)):
                return doubted

    def _find(self, id_: str, person: Person) -> tuple[PlanRecord, AuditedRepositoryAction]:
        now = self.clock()
        plan = find_plan(self.store, id_, now)
        return plan, AuditedRepositoryAction(self.store, person, now, plan.repository, plan)

    def _may_approve(
        self, plan: PlanRecord, person: Person, consent: ApprovalRequest
    ) -> ApprovalPermission:
        return may_approve(
            person,
            plan,
            self.rules_of(plan.repository),
            version=consent.version,
            channel=consent.channel,
            typed=consent.typed,
        )

    def _expect_may_pause(self, person: Person) -> AuditedAction:
        action = AuditedAction(self.store, person, self.clock())
        action.expect(may_pause(person, self.general_rules))
        return action


def confirm_usage_without_store(
    memory: WorkloadCountMemory, source: str, scope: str, workloads: int
) -> DoubtedUsage:
    """As `Decisions.confirm_usage`, but without a store and an audit. Every user who can run the
    command may confirm."""
    while True:
        doubted = find_doubted(memory, source, scope)
        if other := _other_number(doubted, workloads):
            raise RefusedError(other)
        if memory.confirm(doubted, None):
            return doubted


def find_doubted(memory: WorkloadCountMemory, source: str, scope: str) -> DoubtedUsage:
    """The source's drop in usage that can be confirmed now. Raises RequestError if there is
    none."""
    doubted = memory.doubted()
    found = next((each for each in doubted if (each.source, each.scope) == (source, scope)), None)
    if found is None:
        known = ", ".join(f"{each.source} {each.scope!r}" for each in doubted)
        others = (
            f"only these can be confirmed: {known}"
            if known
            else "no source has a drop in usage to confirm"
        )
        raise RequestError(f"{source} has no drop in usage to confirm in {scope!r}: {others}")
    return found


def figures(doubted: DoubtedUsage) -> WorkloadFigures:
    """What a source lists now, and what it listed before."""
    return WorkloadFigures(
        source=doubted.source,
        scope=doubted.scope,
        workloads=doubted.listed.workloads,
        at=doubted.listed.at,
        before=doubted.before.workloads,
        before_at=doubted.before.at,
    )


def _approval_counts(grant: GrantReason, after: PlanRecord, required: int) -> ApprovalGiven:
    begins_at = after.execute_after if after.state is PlanState.APPROVED else None
    return ApprovalGiven(grant, len(after.current_approvals), required, begins_at)


def _paused_already(pause: Pause | None) -> RequestError:
    if pause is None:
        return RequestError("Another user has just resumed ecr-clean")
    return RefusedError(AlreadyPaused(pause.by, pause.at, pause.why))


def _other_number(doubted: DoubtedUsage, workloads: int) -> OutdatedWorkloadCount | None:
    if workloads == doubted.listed.workloads:
        return None
    return OutdatedWorkloadCount(workloads, figures(doubted))
