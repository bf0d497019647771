"""The life of a plan: which step leads from where to where. Nothing else changes a state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bot.core.plan import Plan, PlanState, content_hash
from bot.core.records import Approval, ImageOutcome, PlanRecord
from bot.core.result_reasons import StartProblem
from bot.core.text_formatting import format_time


class PlanStep(StrEnum):
    APPROVE = "approve"
    REOPEN = "reopen"
    NEW_VERSION = "new version"
    EXTEND = "extend"
    DISMISS = "dismiss"
    EXPIRE = "expire"
    POSTPONE = "postpone"
    START = "start"
    TAKE_OVER = "take over"
    REQUEST_STOP = "request stop"
    END = "end"
    STOP = "stop"


class PlanTransition(NamedTuple):
    before: PlanState
    step: PlanStep
    after: PlanState
    when: str


TRANSITIONS = (
    PlanTransition(
        PlanState.PROPOSED, PlanStep.APPROVE, PlanState.PROPOSED, "others have to approve, too"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.APPROVE, PlanState.APPROVED, "enough people approved"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.NEW_VERSION, PlanState.PROPOSED, "its content changed"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.EXTEND, PlanState.PROPOSED, "it was found unchanged"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.DISMISS, PlanState.DISMISSED, "somebody dismissed it"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.EXPIRE, PlanState.EXPIRED, "too few approved in time"
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.REOPEN,
        PlanState.PROPOSED,
        "somebody stopped it before it began, or it could not begin",
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.NEW_VERSION,
        PlanState.PROPOSED,
        "somebody pinned what was to go",
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.POSTPONE,
        PlanState.APPROVED,
        "nobody was there to begin in time",
    ),
    PlanTransition(
        PlanState.APPROVED, PlanStep.START, PlanState.EXECUTING, "the undo window is over"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.TAKE_OVER, PlanState.EXECUTING, "whoever had it is gone"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.REQUEST_STOP, PlanState.EXECUTING, "a batch may be in flight"
    ),
    PlanTransition(PlanState.EXECUTING, PlanStep.END, PlanState.DONE, "nothing failed"),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.END, PlanState.FAILED, "something could not be deleted"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.STOP, PlanState.STOPPED, "stopped between two batches"
    ),
)
"""No step leads to `superseded`: that is what becomes of a version when the plan is renewed."""

LATE_AFTER = timedelta(minutes=10)
"""After its time: whoever should have begun was not there."""


class TransitionError(Exception):
    """A step that a plan cannot take from where it stands, or not yet."""

    def __init__(self, state: PlanState, step: PlanStep, why: str | None = None) -> None:
        super().__init__(
            f"The plan cannot take the step {step.value!r}: {why or f'it is {state.value}'}"
        )
        self.state = state
        self.step = step


def allows(state: PlanState, step: PlanStep) -> bool:
    return any((row.before, row.step) == (state, step) for row in TRANSITIONS)


def proposed(id_: str, content: Plan, at: datetime, expires_at: datetime) -> PlanRecord:
    """The first version of a new plan."""
    return PlanRecord(
        id=id_,
        repository=content.repository,
        version=1,
        state=PlanState.PROPOSED,
        hash=content_hash(content),
        complete=content.complete,
        checked=content.checked,
        manifests=len(content.judged),
        deletions=len(content.delete),
        freed_bytes=content.savings.freed_bytes,
        proposed_at=at,
        expires_at=expires_at,
        exact=content.savings.exact,
    )


def with_new_content(
    plan: PlanRecord, content: Plan, at: datetime, expires_at: datetime
) -> PlanRecord:
    """The next version, which nobody has approved yet."""
    _check(plan, PlanStep.NEW_VERSION)
    return replace(
        proposed(plan.id, content, at, expires_at),
        version=plan.version + 1,
        approvals=plan.approvals,
        revision=plan.revision + 1,
    )


def extended(plan: PlanRecord, expires_at: datetime) -> PlanRecord:
    """The same version."""
    _check(plan, PlanStep.EXTEND)
    return replace(plan, expires_at=expires_at, revision=plan.revision + 1)


def approved(
    plan: PlanRecord, approval: Approval, required: int, undo_window: timedelta
) -> PlanRecord:
    """Stays proposed until `required` different people have approved this version."""
    _check(plan, PlanStep.APPROVE)
    if approval.version != plan.version:
        why = f"version {approval.version} is not the one that counts, {plan.version}"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    if approval.by in {earlier.by for earlier in plan.current_approvals}:
        why = f"{approval.by} has approved this version already"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    if approval.at >= plan.expires_at:
        why = f"it ran out {format_time(plan.expires_at)}"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    consented = _moved(plan, PlanState.PROPOSED, approvals=(*plan.approvals, approval))
    if len(consented.current_approvals) < required:
        return consented
    return replace(consented, state=PlanState.APPROVED, execute_after=approval.at + undo_window)


def reopened(plan: PlanRecord) -> PlanRecord:
    """Stopped before anything was deleted: this version's approvals are gone from the record, so
    they cannot count again. The audit keeps them."""
    _check(plan, PlanStep.REOPEN)
    earlier = tuple(each for each in plan.approvals if each.version != plan.version)
    return _moved(plan, PlanState.PROPOSED, approvals=earlier, execute_after=None)


def dismissed(plan: PlanRecord) -> PlanRecord:
    _check(plan, PlanStep.DISMISS)
    return _moved(plan, PlanState.DISMISSED)


def is_expired(plan: PlanRecord, now: datetime) -> bool:
    """Whether it should be: nobody may approve it any more."""
    return allows(plan.state, PlanStep.EXPIRE) and now >= plan.expires_at


def expired(plan: PlanRecord, now: datetime) -> PlanRecord:
    _check(plan, PlanStep.EXPIRE)
    if not is_expired(plan, now):
        why = f"it runs out {format_time(plan.expires_at)}"
        raise TransitionError(plan.state, PlanStep.EXPIRE, why)
    return _moved(plan, PlanState.EXPIRED)


def is_due(plan: PlanRecord, now: datetime) -> bool:
    """Whether its undo window is over."""
    due = plan.execute_after
    return allows(plan.state, PlanStep.START) and due is not None and now >= due


def is_late(plan: PlanRecord, now: datetime) -> bool:
    """Whether it is due, and should have begun long ago: nobody expects it now."""
    due = plan.execute_after
    return allows(plan.state, PlanStep.POSTPONE) and due is not None and now - due > LATE_AFTER


def postponed(plan: PlanRecord, now: datetime, undo_window: timedelta) -> PlanRecord:
    """With a new undo window, in which people can still stop it."""
    _check(plan, PlanStep.POSTPONE)
    if not is_late(plan, now):
        raise TransitionError(plan.state, PlanStep.POSTPONE, "it is not late")
    return _moved(plan, PlanState.APPROVED, execute_after=now + undo_window)


def started(plan: PlanRecord, now: datetime) -> PlanRecord:
    _check(plan, PlanStep.START)
    if not is_due(plan, now):
        raise TransitionError(plan.state, PlanStep.START, "its undo window is not over")
    return _moved(plan, PlanState.EXECUTING)


def taken_over(plan: PlanRecord) -> PlanRecord:
    """Whoever had it can write nothing to the record any more."""
    _check(plan, PlanStep.TAKE_OVER)
    return _moved(plan, PlanState.EXECUTING)


def stop_requested(plan: PlanRecord, by: str, cause: StartProblem | None = None) -> PlanRecord:
    """While it is carried out: it stops after the batches in flight. Who asked first, counts.
    `cause`: of the settings."""
    _check(plan, PlanStep.REQUEST_STOP)
    if plan.stop_asked_by:
        by, cause = plan.stop_asked_by, plan.stop_cause
    return _moved(plan, PlanState.EXECUTING, stop_asked_by=by, stop_cause=cause)


def ended(
    plan: PlanRecord, outcomes: Iterable[ImageOutcome], freed_bytes: int, unconfirmed_bytes: int = 0
) -> PlanRecord:
    """`outcomes`: what became of everything that was to go; `freed_bytes`: what that freed as ECR
    confirmed, `unconfirmed_bytes`: what it freed besides."""
    _check(plan, PlanStep.END)
    found = set(outcomes)
    if ImageOutcome.PENDING in found:
        raise TransitionError(plan.state, PlanStep.END, "some of it is still pending")
    state = PlanState.FAILED if ImageOutcome.FAILED in found else PlanState.DONE
    return _moved(plan, state, freed_bytes=freed_bytes, unconfirmed_bytes=unconfirmed_bytes)


def stopped(plan: PlanRecord, freed_bytes: int, unconfirmed_bytes: int = 0) -> PlanRecord:
    """Stopped while it was carried out, after the batches in flight. Bytes as in `ended`."""
    _check(plan, PlanStep.STOP)
    freed = {"freed_bytes": freed_bytes, "unconfirmed_bytes": unconfirmed_bytes}
    return _moved(plan, PlanState.STOPPED, **freed)


def _check(plan: PlanRecord, step: PlanStep) -> None:
    if not allows(plan.state, step):
        raise TransitionError(plan.state, step)


def _moved(plan: PlanRecord, state: PlanState, **changes: Any) -> PlanRecord:
    return replace(plan, state=state, revision=plan.revision + 1, **changes)
