"""The states of a plan: each step, and random sequences of steps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.plan import OPEN, PlanState, content_hash, count_image_groups
from bot.core.plan_transitions import (
    TRANSITIONS,
    PlanStep,
    TransitionError,
    allows,
    approved,
    dismissed,
    ended,
    expired,
    extended,
    is_due,
    is_expired,
    is_late,
    postponed,
    proposed,
    reopened,
    started,
    stop_requested,
    stopped,
    taken_over,
    with_new_content,
)
from bot.core.records import ImageOutcome, PlanRecord
from bot.core.usage import SOURCES, RepositoryUsage, SourceScan
from tests.core.records import NOON, consent, record
from tests.core.test_properties import tries
from tests.scenarios.reader import FOLDER, read_case

CASE = read_case(FOLDER / "policy" / "default.yml").plan
CONTENT = replace(
    CASE, usage=RepositoryUsage(scans=(SourceScan("ecs", "here", 0),), not_checked=())
)
WINDOW = timedelta(minutes=5)
WEEK = timedelta(days=7)
TOMORROW = NOON + timedelta(days=1)
FINAL = set(PlanState) - OPEN

ALLOWED = {
    PlanState.PROPOSED: {
        PlanStep.APPROVE,
        PlanStep.NEW_VERSION,
        PlanStep.EXTEND,
        PlanStep.DISMISS,
        PlanStep.EXPIRE,
    },
    PlanState.APPROVED: {PlanStep.REOPEN, PlanStep.NEW_VERSION, PlanStep.POSTPONE, PlanStep.START},
    PlanState.EXECUTING: {PlanStep.TAKE_OVER, PlanStep.REQUEST_STOP, PlanStep.END, PlanStep.STOP},
}

TAKE: dict[PlanStep, Callable[[PlanRecord], PlanRecord]] = {
    PlanStep.APPROVE: lambda plan: approved(plan, consent("U9"), 1, WINDOW),
    PlanStep.REOPEN: reopened,
    PlanStep.NEW_VERSION: lambda plan: with_new_content(plan, CONTENT, TOMORROW, TOMORROW + WEEK),
    PlanStep.EXTEND: lambda plan: extended(plan, NOON + 2 * WEEK),
    PlanStep.DISMISS: dismissed,
    PlanStep.EXPIRE: lambda plan: expired(plan, NOON + WEEK),
    PlanStep.POSTPONE: lambda plan: postponed(plan, NOON + WEEK, WINDOW),
    PlanStep.START: lambda plan: started(plan, NOON + WEEK),
    PlanStep.TAKE_OVER: taken_over,
    PlanStep.REQUEST_STOP: lambda plan: stop_requested(plan, "U9"),
    PlanStep.END: lambda plan: ended(plan, [], 0),
    PlanStep.STOP: lambda plan: stopped(plan, 0),
}


def in_state(state: PlanState) -> PlanRecord:
    return record(
        state=state, approvals=(consent("U1", 1), consent("U2")), execute_after=NOON + WINDOW
    )


@pytest.mark.parametrize("state", PlanState)
@pytest.mark.parametrize("step", PlanStep)
def test_every_step_from_every_state(state: PlanState, step: PlanStep) -> None:
    allowed = step in ALLOWED.get(state, set())
    assert allows(state, step) is allowed
    plan = in_state(state)
    if not allowed:
        with pytest.raises(TransitionError, match=f"the plan is {state}") as refusal:
            TAKE[step](plan)
        assert (refusal.value.state, refusal.value.step) == (state, step)
        return
    after = TAKE[step](plan)
    assert after.revision == plan.revision + 1
    assert (after.id, after.repository) == (plan.id, plan.repository)
    assert (state, step, after.state) in {row[:3] for row in TRANSITIONS}


def test_the_table_says_when_each_row_applies() -> None:
    assert len({row[:3] for row in TRANSITIONS}) == len(TRANSITIONS)
    assert all(row.when for row in TRANSITIONS)


def test_a_new_plan() -> None:
    assert proposed("p1", CONTENT, NOON, TOMORROW) == PlanRecord(
        id="p1",
        repository=CONTENT.repository,
        version=1,
        state=PlanState.PROPOSED,
        hash=content_hash(CONTENT),
        complete=True,
        checked=True,
        manifests=len(CONTENT.judged),
        deletions=len(CONTENT.delete),
        freed_bytes=CONTENT.savings.freed_bytes,
        proposed_at=NOON,
        expires_at=TOMORROW,
        image_groups=count_image_groups(CONTENT),
    )


@pytest.mark.parametrize(
    ("scans", "not_checked", "checked"),
    [
        ((SourceScan("ecs", "here", 0),), (), True),
        (
            (SourceScan("replication", "here", 0), SourceScan("files", "here", 0)),
            SOURCES[:-1],
            True,
        ),
        ((SourceScan("lambda", "here", 0, ErrorText("Access denied")),), (), True),
        ((SourceScan("replication", "here", 0),), (), False),
        ((), SOURCES[:-1], False),
        ((), SOURCES, False),
    ],
)
def test_a_plan_is_checked_if_any_source_was_scanned(
    scans: tuple[SourceScan, ...], not_checked: tuple[str, ...], *, checked: bool
) -> None:
    content = replace(CONTENT, usage=RepositoryUsage(scans=scans, not_checked=not_checked))
    assert proposed("p1", content, NOON, TOMORROW).checked is checked


def test_one_approval_is_enough() -> None:
    plan = approved(record(), consent("U1"), 1, WINDOW)
    assert plan.state is PlanState.APPROVED
    assert plan.approvals == (consent("U1"),)
    assert plan.execute_after == NOON + WINDOW


def test_the_second_of_two_required_approvals_approves() -> None:
    first = approved(record(approvals=(consent("U2", 1),)), consent("U1"), 2, WINDOW)
    assert (first.state, first.execute_after) == (PlanState.PROPOSED, None)
    later = NOON + timedelta(hours=1)
    second = approved(first, consent("U2", at=later), 2, WINDOW)
    assert (second.state, second.execute_after) == (PlanState.APPROVED, later + WINDOW)
    assert second.revision == first.revision + 1


@pytest.mark.parametrize(
    ("by", "version", "at", "because"),
    [
        ("U2", 2, NOON, "U2 already approved this version"),
        ("U1", 1, NOON, "it is of version 1, and version 2 is current"),
        ("U1", 2, NOON + WEEK, "it expired 2026-11-30 12:00 UTC"),
    ],
)
def test_approvals_that_do_not_count(by: str, version: int, at: datetime, because: str) -> None:
    plan = record(approvals=(consent("U2"),))
    with pytest.raises(TransitionError, match=because):
        approved(plan, consent(by, version, at), 2, WINDOW)


def test_a_reopened_plan_has_no_approvals_of_this_version() -> None:
    plan = reopened(in_state(PlanState.APPROVED))
    assert (plan.state, plan.version, plan.execute_after) == (PlanState.PROPOSED, 2, None)
    assert plan.approvals == (consent("U1", 1),)
    assert approved(plan, consent("U2"), 1, WINDOW).state is PlanState.APPROVED


@pytest.mark.parametrize("state", [PlanState.PROPOSED, PlanState.APPROVED])
def test_new_content_is_the_next_version_without_approvals(state: PlanState) -> None:
    plan = in_state(state)
    after = with_new_content(plan, CONTENT, TOMORROW, TOMORROW + WEEK)
    assert (after.version, after.state) == (3, PlanState.PROPOSED)
    assert (after.approvals, after.current_approvals) == (plan.approvals, ())
    assert after.execute_after is None
    assert (after.proposed_at, after.expires_at) == (TOMORROW, TOMORROW + WEEK)
    assert (after.hash, after.deletions) == (content_hash(CONTENT), len(CONTENT.delete))


def test_a_plan_expires_at_its_time_and_not_before() -> None:
    plan = record()
    assert not is_expired(plan, plan.expires_at - timedelta(seconds=1))
    assert is_expired(plan, plan.expires_at)
    assert expired(plan, plan.expires_at).state is PlanState.EXPIRED
    with pytest.raises(TransitionError, match="it expires 2026-11-30 12:00 UTC"):
        expired(plan, NOON)
    assert not is_expired(in_state(PlanState.APPROVED), NOON + WEEK)


def test_nothing_starts_before_the_undo_window_is_over() -> None:
    plan = in_state(PlanState.APPROVED)
    assert not is_due(plan, NOON)
    assert is_due(plan, NOON + WINDOW)
    assert started(plan, NOON + WINDOW).state is PlanState.EXECUTING
    with pytest.raises(TransitionError, match="its undo window is not over"):
        started(plan, NOON)
    assert not is_due(record(state=PlanState.APPROVED), NOON + WEEK)
    assert not is_due(in_state(PlanState.EXECUTING), NOON + WEEK)


SECOND = timedelta(seconds=1)


def test_a_run_is_late_after_ten_minutes() -> None:
    plan, due = in_state(PlanState.APPROVED), NOON + WINDOW
    assert not is_late(plan, due - SECOND)
    assert not is_late(plan, due + timedelta(minutes=10))
    assert is_late(plan, due + timedelta(minutes=10) + SECOND)
    assert not is_late(record(state=PlanState.APPROVED), NOON + WEEK)
    assert not is_late(in_state(PlanState.EXECUTING), NOON + WEEK)


def test_a_late_plan_gets_a_new_undo_window_with_the_same_approvals() -> None:
    plan = in_state(PlanState.APPROVED)
    after = postponed(plan, TOMORROW, WINDOW)
    assert (after.state, after.execute_after) == (PlanState.APPROVED, TOMORROW + WINDOW)
    assert (after.version, after.approvals) == (plan.version, plan.approvals)
    assert not is_due(after, TOMORROW + WINDOW - SECOND)
    assert is_due(after, TOMORROW + WINDOW)
    assert not is_late(after, TOMORROW + WINDOW)


def test_only_late_plans_are_postponed() -> None:
    with pytest.raises(TransitionError, match="its run is not late"):
        postponed(in_state(PlanState.APPROVED), NOON + WINDOW, WINDOW)


def test_without_an_undo_window_a_run_can_start_immediately() -> None:
    plan = approved(record(), consent("U1"), 1, timedelta(0))
    assert is_due(plan, NOON)
    assert not is_late(plan, NOON)
    late = postponed(plan, TOMORROW, timedelta(0))
    assert is_due(late, TOMORROW)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], PlanState.DONE),
        ([ImageOutcome.DELETED, ImageOutcome.SKIPPED], PlanState.DONE),
        ([ImageOutcome.DELETED, ImageOutcome.FAILED], PlanState.FAILED),
    ],
)
def test_the_state_at_the_end(outcomes: list[ImageOutcome], state: PlanState) -> None:
    plan = ended(in_state(PlanState.EXECUTING), outcomes, 77)
    assert (plan.state, plan.freed_bytes) == (state, 77)


def test_a_plan_with_pending_images_does_not_end() -> None:
    with pytest.raises(TransitionError, match="some images are still pending"):
        ended(in_state(PlanState.EXECUTING), [ImageOutcome.FAILED, ImageOutcome.PENDING], 0)


def test_a_stopped_plan_has_freed_some_bytes() -> None:
    plan = stopped(stop_requested(in_state(PlanState.EXECUTING), "U1"), 77)
    assert (plan.state, plan.freed_bytes, plan.stop_asked_by) == (PlanState.STOPPED, 77, "U1")


def test_the_first_stop_request_counts() -> None:
    plan = stop_requested(in_state(PlanState.EXECUTING), "U1")
    assert (plan.state, plan.stop_asked_by) == (PlanState.EXECUTING, "U1")
    assert stop_requested(plan, "U2").stop_asked_by == "U1"


def test_a_stop_request_survives_a_takeover() -> None:
    plan = taken_over(stop_requested(in_state(PlanState.EXECUTING), "U1"))
    assert (plan.state, plan.stop_asked_by) == (PlanState.EXECUTING, "U1")


people = st.sampled_from(["U1", "U2", "U3"])
lives = st.lists(st.tuples(st.sampled_from(PlanStep), people, st.integers(0, 9)), max_size=30)


@given(lives, st.integers(1, 3))
@tries(150)
def test_random_steps_keep_the_invariants(
    life: list[tuple[PlanStep, str, int]], required: int
) -> None:
    plan = proposed("p1", CONTENT, NOON, NOON + WEEK)
    now = NOON
    for step, by, hours in life:
        now += timedelta(hours=hours)
        try:
            after = take(plan, step, by, required, now)
        except TransitionError:
            continue
        check(plan, step, after, required)
        plan = after


def take(plan: PlanRecord, step: PlanStep, by: str, required: int, now: datetime) -> PlanRecord:
    if step is PlanStep.APPROVE:
        return approved(plan, consent(by, plan.version, now), required, WINDOW)
    if step in (PlanStep.EXPIRE, PlanStep.START):
        return (expired if step is PlanStep.EXPIRE else started)(plan, now)
    if step in (PlanStep.EXTEND, PlanStep.NEW_VERSION):
        until = now + WEEK
        is_kept = step is PlanStep.EXTEND
        return extended(plan, until) if is_kept else with_new_content(plan, CONTENT, now, until)
    if step is PlanStep.POSTPONE:
        return postponed(plan, now, WINDOW)
    if step is PlanStep.REQUEST_STOP:
        return stop_requested(plan, by)
    return TAKE[step](plan)


def check(before: PlanRecord, step: PlanStep, after: PlanRecord, required: int) -> None:
    assert before.state not in FINAL
    assert after.revision == before.revision + 1
    assert after.version == before.version + (step is PlanStep.NEW_VERSION)
    counted = after.current_approvals
    assert len({approval.by for approval in counted}) == len(counted)
    assert all(approval.version == after.version for approval in counted)
    if after.state is PlanState.PROPOSED:
        assert after.execute_after is None
        assert len(counted) < required
    if after.state in (PlanState.APPROVED, PlanState.EXECUTING):
        assert len(counted) == required
        assert after.execute_after is not None
    if after.state is PlanState.EXECUTING:
        assert before.state is PlanState.EXECUTING or step is PlanStep.START
    if before.stop_asked_by:
        assert after.stop_asked_by == before.stop_asked_by
