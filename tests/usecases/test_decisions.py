"""Approving, dismissing and stopping plans."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit_details import ApprovalGiven, RequestRefused, StoppedBeforeStart
from bot.core.errors import RequestError
from bot.core.permission_reasons import (
    FullWorkspaceMember,
    HasAwsCredentials,
    MemberOfOtherWorkspace,
    NotAnApprover,
    WorkspaceGuest,
)
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanRecord
from bot.core.refusal_reasons import OutdatedVersion, WrongPlanState
from bot.usecases.decisions import ApprovalRequest
from tests.usecases.store_env import ANN, BOB, CAT, DAN, WEEK, StoreEnv, refused


def test_an_approval_starts_the_undo_window(env: StoreEnv) -> None:
    plan = env.proposed()
    after = env.approve(plan)
    assert after == env.as_stored(plan)
    assert (after.state, after.execute_after) == (
        PlanState.APPROVED,
        env.now + timedelta(minutes=5),
    )
    assert [(each.by, each.version) for each in after.approvals] == [(ANN.name, 1)]


def test_the_audit_has_the_approver_and_the_grant(env: StoreEnv) -> None:
    plan = env.proposed()
    env.approve(plan)
    event = env.last_event()
    assert (event.event, event.by, event.plan, event.version) == (
        AuditEventName.APPROVED,
        ANN.name,
        plan.id,
        1,
    )
    begins_at = env.now + timedelta(minutes=5)
    assert event.detail == ApprovalGiven(HasAwsCredentials(ANN.name), 1, 1, begins_at)


def test_two_approvals_are_required(env: StoreEnv) -> None:
    env.rules = replace(env.rules, required=2)
    plan = env.proposed()
    first = env.approve(plan, CAT)
    assert (first.state, first.execute_after) == (PlanState.PROPOSED, None)
    assert env.last_event().detail == ApprovalGiven(FullWorkspaceMember(CAT.id), 1, required=2)
    assert env.approve(plan, DAN).state is PlanState.APPROVED


def test_a_refusal_is_in_the_audit(env: StoreEnv) -> None:
    env.rules = replace(env.rules, approvers=(BOB.name,))
    plan = env.proposed()
    with refused(NotAnApprover(ANN.name)):
        env.approve(plan)
    event = env.last_event()
    assert (event.event, event.by, event.plan) == (AuditEventName.REFUSED, ANN.name, plan.id)
    assert event.detail == RequestRefused(NotAnApprover(ANN.name))
    assert env.as_stored(plan) == plan


def test_an_older_version_cannot_be_approved(env: StoreEnv) -> None:
    plan = env.proposed()
    env.pin("old")
    with refused(OutdatedVersion(current=2, seen=1)):
        env.approve(plan)


def test_an_expired_plan_cannot_be_approved(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += WEEK
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        env.approve(plan)
    assert env.events()[-2:] == [AuditEventName.EXPIRED, AuditEventName.REFUSED]


def test_another_process_ends_the_plan_first(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += WEEK
    env.store.before_next["commit"] = lambda: _dismiss_elsewhere(env, plan.id)
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        env.approve(plan)
    assert env.events().count(AuditEventName.EXPIRED) == 1


def _dismiss_elsewhere(env: StoreEnv, id_: str) -> None:
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        env.decisions(env.theirs).dismiss(id_, BOB)


def test_another_process_approves_first(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.approve(plan, BOB, env.theirs)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        env.approve(plan)
    assert [each.by for each in env.as_stored(plan).approvals] == [BOB.name]


def test_two_approvals_at_the_same_time_both_count(env: StoreEnv) -> None:
    env.rules = replace(env.rules, required=2)
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.approve(plan, DAN, env.theirs)
    assert env.approve(plan, CAT).state is PlanState.APPROVED
    assert {each.by for each in env.as_stored(plan).approvals} == {"U1CAT", "U2DAN"}


def test_a_pin_makes_a_version_during_the_approval(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.pin("old", person=BOB, store=env.theirs)
    with refused(OutdatedVersion(current=2, seen=1)):
        env.approve(plan)
    assert env.as_stored(plan).approvals == ()


@pytest.mark.parametrize(
    ("over", "typed", "approvers", "asks"),
    [
        (0.5, None, (), True),
        (0.5, "team/web", (), True),
        (0.5, "team/api", (), False),
        (1.0, None, (), False),
        (0.5, None, (BOB.name,), False),
    ],
)
def test_when_typing_the_name_is_required(
    over: float, typed: str | None, approvers: tuple[str, ...], env: StoreEnv, *, asks: bool
) -> None:
    env.rules = replace(env.rules, confirm_over=over, approvers=approvers)
    plan = env.proposed()
    consent = ApprovalRequest(1, typed=typed)
    assert env.decisions().lacks_only_the_name(plan, ANN, consent) is asks


def test_an_unknown_plan(env: StoreEnv) -> None:
    env.proposed()
    with pytest.raises(RequestError, match="No plan plan11"):
        env.decisions().approve("plan11", ANN, ApprovalRequest(1))
    with pytest.raises(RequestError, match="No plan xyz"):
        env.decisions().approve("xyz", ANN, ApprovalRequest(1))


def test_a_dismissed_plan_has_ended(env: StoreEnv) -> None:
    plan = env.proposed()
    after = env.decisions().dismiss(plan.id, ANN)
    assert after == env.as_stored(plan)
    assert after.state is PlanState.DISMISSED
    event = env.last_event()
    assert (event.event, event.by, event.plan) == (AuditEventName.DISMISSED, ANN.name, plan.id)
    assert env.proposed().id != plan.id


def test_users_without_rights_are_refused(env: StoreEnv) -> None:
    plan = env.proposed()
    guest = SlackUser("U9", "T1", is_guest=True, groups=None)
    with refused(WorkspaceGuest("U9")):
        env.decisions().dismiss(plan.id, guest)
    assert env.last_event().event is AuditEventName.REFUSED
    assert env.as_stored(plan) == plan


def test_an_approved_plan_is_stopped_not_dismissed(env: StoreEnv) -> None:
    plan = env.proposed()
    env.approve(plan)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        env.decisions().dismiss(plan.id, ANN)
    assert env.last_event().event is AuditEventName.REFUSED


def test_an_expired_plan_cannot_be_dismissed(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += WEEK
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        env.decisions().dismiss(plan.id, ANN)


def test_another_process_is_faster(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.approve(plan, BOB, env.theirs)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        env.decisions().dismiss(plan.id, ANN)
    assert env.as_stored(plan).state is PlanState.APPROVED


def test_a_newer_version_is_dismissed(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.pin("old", person=BOB, store=env.theirs)
    after = env.decisions().dismiss(plan.id, ANN)
    assert (after.state, after.version) == (PlanState.DISMISSED, 2)
    assert replace(after, revision=0) != plan


def test_an_older_version_cannot_be_dismissed(env: StoreEnv) -> None:
    plan = env.proposed()
    env.pin("old")
    with refused(OutdatedVersion(current=2, seen=1)):
        env.decisions().dismiss(plan.id, ANN, version=1)
    assert env.last_event().event is AuditEventName.REFUSED
    assert env.decisions().dismiss(plan.id, ANN, version=2).state is PlanState.DISMISSED


@pytest.fixture
def plan(env: StoreEnv) -> PlanRecord:
    return env.approve(env.proposed())


def test_a_stopped_plan_is_proposed_again(env: StoreEnv, plan: PlanRecord) -> None:
    after = env.decisions().stop(plan.id, BOB)
    assert (after.state, after.approvals, after.execute_after) == (PlanState.PROPOSED, (), None)
    event = env.last_event()
    assert (event.event, event.by) == (AuditEventName.STOPPED, BOB.name)
    assert event.detail == StoppedBeforeStart()


def test_a_proposed_plan_cannot_be_stopped(env: StoreEnv) -> None:
    plan = env.proposed()
    with refused(WrongPlanState("team/api", PlanState.PROPOSED)):
        env.decisions().stop(plan.id, BOB)
    assert env.last_event().event is AuditEventName.REFUSED


def test_a_user_who_may_not_stop(env: StoreEnv, plan: PlanRecord) -> None:
    env.rules = replace(env.rules, approvers=(CAT.id,))
    with refused(MemberOfOtherWorkspace(DAN.id)):
        env.decisions().stop(plan.id, replace(DAN, workspace="T9"))
    assert env.as_stored(plan).state is PlanState.APPROVED


def test_two_users_stop_at_the_same_time(env: StoreEnv, plan: PlanRecord) -> None:
    env.store.before_next["commit"] = lambda: env.decisions().stop(plan.id, CAT)
    with refused(WrongPlanState("team/api", PlanState.PROPOSED)):
        env.decisions().stop(plan.id, BOB)
    assert env.events().count(AuditEventName.STOPPED) == 1
