"""The states of a plan, and the steps from one to another. Nothing else changes a state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bot.core.plan import Plan, PlanState, content_hash, count_image_groups
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
        PlanState.PROPOSED, PlanStep.APPROVE, PlanState.PROPOSED, "more approvals are required"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.APPROVE, PlanState.APPROVED, "it has all required approvals"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.NEW_VERSION, PlanState.PROPOSED, "its content changed"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.EXTEND, PlanState.PROPOSED, "a new scan found the same content"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.DISMISS, PlanState.DISMISSED, "a user dismissed it"
    ),
    PlanTransition(
        PlanState.PROPOSED, PlanStep.EXPIRE, PlanState.EXPIRED, "it was not approved in time"
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.REOPEN,
        PlanState.PROPOSED,
        "a user stopped it before its run, or the run could not start",
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.NEW_VERSION,
        PlanState.PROPOSED,
        "a pin keeps some of its images",
    ),
    PlanTransition(
        PlanState.APPROVED,
        PlanStep.POSTPONE,
        PlanState.APPROVED,
        "no worker started it in time",
    ),
    PlanTransition(
        PlanState.APPROVED, PlanStep.START, PlanState.EXECUTING, "the undo window is over"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.TAKE_OVER, PlanState.EXECUTING, "its worker lost the lease"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.REQUEST_STOP, PlanState.EXECUTING, "a batch may be in flight"
    ),
    PlanTransition(PlanState.EXECUTING, PlanStep.END, PlanState.DONE, "nothing failed"),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.END, PlanState.FAILED, "some images could not be deleted"
    ),
    PlanTransition(
        PlanState.EXECUTING, PlanStep.STOP, PlanState.STOPPED, "stopped between two batches"
    ),
)
"""No step leads to `superseded`: a version is superseded when the plan gets a new version."""

LATE_AFTER = timedelta(minutes=10)
"""A run that starts later than this gets a new undo window."""


class TransitionError(Exception):
    """A step that is not allowed in the state of the plan, or not yet."""

    def __init__(self, state: PlanState, step: PlanStep, why: str | None = None) -> None:
        super().__init__(
            f"The step {step.value!r} is not allowed: {why or f'the plan is {state.value}'}"
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
        image_groups=count_image_groups(content),
    )


def with_new_content(
    plan: PlanRecord, content: Plan, at: datetime, expires_at: datetime
) -> PlanRecord:
    """The next version. Earlier approvals do not count for it."""
    _check(plan, PlanStep.NEW_VERSION)
    return replace(
        proposed(plan.id, content, at, expires_at),
        version=plan.version + 1,
        approvals=plan.approvals,
        revision=plan.revision + 1,
    )


def extended(plan: PlanRecord, expires_at: datetime) -> PlanRecord:
    """The same version, with a later expiry."""
    _check(plan, PlanStep.EXTEND)
    return replace(plan, expires_at=expires_at, revision=plan.revision + 1)


def approved(
    plan: PlanRecord, approval: Approval, required: int, undo_window: timedelta
) -> PlanRecord:
    """Proposed until `required` different people have approved this version."""
    _check(plan, PlanStep.APPROVE)
    if approval.version != plan.version:
        why = f"it is of version {approval.version}, and version {plan.version} is current"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    if approval.by in {earlier.by for earlier in plan.current_approvals}:
        why = f"{approval.by} already approved this version"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    if approval.at >= plan.expires_at:
        why = f"it expired {format_time(plan.expires_at)}"
        raise TransitionError(plan.state, PlanStep.APPROVE, why)
    consented = _moved(plan, PlanState.PROPOSED, approvals=(*plan.approvals, approval))
    if len(consented.current_approvals) < required:
        return consented
    return replace(consented, state=PlanState.APPROVED, execute_after=approval.at + undo_window)


def reopened(plan: PlanRecord) -> PlanRecord:
    """Proposed again, before anything was deleted. Removes the approvals of this version, so that
    they do not count again; the audit still has them."""
    _check(plan, PlanStep.REOPEN)
    earlier = tuple(each for each in plan.approvals if each.version != plan.version)
    return _moved(plan, PlanState.PROPOSED, approvals=earlier, execute_after=None)


def dismissed(plan: PlanRecord) -> PlanRecord:
    _check(plan, PlanStep.DISMISS)
    return _moved(plan, PlanState.DISMISSED)


def is_expired(plan: PlanRecord, now: datetime) -> bool:
    """Whether its time for approvals is over."""
    return allows(plan.state, PlanStep.EXPIRE) and now >= plan.expires_at


def expired(plan: PlanRecord, now: datetime) -> PlanRecord:
    _check(plan, PlanStep.EXPIRE)
    if not is_expired(plan, now):
        why = f"it expires {format_time(plan.expires_at)}"
        raise TransitionError(plan.state, PlanStep.EXPIRE, why)
    return _moved(plan, PlanState.EXPIRED)


def is_due(plan: PlanRecord, now: datetime) -> bool:
    """Whether its undo window is over."""
    due = plan.execute_after
    return allows(plan.state, PlanStep.START) and due is not None and now >= due


def is_late(plan: PlanRecord, now: datetime) -> bool:
    """Whether its run is more than `LATE_AFTER` late."""
    due = plan.execute_after
    return allows(plan.state, PlanStep.POSTPONE) and due is not None and now - due > LATE_AFTER


def postponed(plan: PlanRecord, now: datetime, undo_window: timedelta) -> PlanRecord:
    """With a new undo window."""
    _check(plan, PlanStep.POSTPONE)
    if not is_late(plan, now):
        raise TransitionError(plan.state, PlanStep.POSTPONE, "its run is not late")
    return _moved(plan, PlanState.APPROVED, execute_after=now + undo_window)


def started(plan: PlanRecord, now: datetime) -> PlanRecord:
    _check(plan, PlanStep.START)
    if not is_due(plan, now):
        raise TransitionError(plan.state, PlanStep.START, "its undo window is not over")
    return _moved(plan, PlanState.EXECUTING)


def taken_over(plan: PlanRecord) -> PlanRecord:
    """Another worker continues the run. The former one can no longer change the record."""
    _check(plan, PlanStep.TAKE_OVER)
    return _moved(plan, PlanState.EXECUTING)


def stop_requested(plan: PlanRecord, by: str, cause: StartProblem | None = None) -> PlanRecord:
    """The run stops after the batches in flight. Only the first request is recorded. `cause`: the
    settings that stop it."""
    _check(plan, PlanStep.REQUEST_STOP)
    if plan.stop_asked_by:
        by, cause = plan.stop_asked_by, plan.stop_cause
    return _moved(plan, PlanState.EXECUTING, stop_asked_by=by, stop_cause=cause)


def ended(
    plan: PlanRecord, outcomes: Iterable[ImageOutcome], freed_bytes: int, unconfirmed_bytes: int = 0
) -> PlanRecord:
    """`outcomes`: of all images to delete. `freed_bytes`: by deletions that ECR confirmed;
    `unconfirmed_bytes`: by the others."""
    _check(plan, PlanStep.END)
    found = set(outcomes)
    if ImageOutcome.PENDING in found:
        raise TransitionError(plan.state, PlanStep.END, "some images are still pending")
    state = PlanState.FAILED if ImageOutcome.FAILED in found else PlanState.DONE
    return _moved(plan, state, freed_bytes=freed_bytes, unconfirmed_bytes=unconfirmed_bytes)


def stopped(plan: PlanRecord, freed_bytes: int, unconfirmed_bytes: int = 0) -> PlanRecord:
    """Stopped during the run, after the batches in flight. Bytes as in `ended`."""
    _check(plan, PlanStep.STOP)
    freed = {"freed_bytes": freed_bytes, "unconfirmed_bytes": unconfirmed_bytes}
    return _moved(plan, PlanState.STOPPED, **freed)


def _check(plan: PlanRecord, step: PlanStep) -> None:
    if not allows(plan.state, step):
        raise TransitionError(plan.state, step)


def _moved(plan: PlanRecord, state: PlanState, **changes: Any) -> PlanRecord:
    return replace(plan, state=state, revision=plan.revision + 1, **changes)
