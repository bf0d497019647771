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
from tests.usecases.scene import ANN, BOB, CAT, DAN, WEEK, Scene, refused


def test_an_approval_starts_the_undo_window(scene: Scene) -> None:
    plan = scene.proposed()
    after = scene.approve(plan)
    assert after == scene.as_stored(plan)
    assert (after.state, after.execute_after) == (
        PlanState.APPROVED,
        scene.now + timedelta(minutes=5),
    )
    assert [(each.by, each.version) for each in after.approvals] == [(ANN.name, 1)]


def test_the_audit_knows_who_and_on_what_ground(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    event = scene.last_event()
    assert (event.event, event.by, event.plan, event.version) == (
        AuditEventName.APPROVED,
        ANN.name,
        plan.id,
        1,
    )
    begins_at = scene.now + timedelta(minutes=5)
    assert event.detail == ApprovalGiven(HasAwsCredentials(ANN.name), 1, 1, begins_at)


def test_others_have_to_approve_too(scene: Scene) -> None:
    scene.rules = replace(scene.rules, required=2)
    plan = scene.proposed()
    first = scene.approve(plan, CAT)
    assert (first.state, first.execute_after) == (PlanState.PROPOSED, None)
    assert scene.last_event().detail == ApprovalGiven(FullWorkspaceMember(CAT.id), 1, required=2)
    assert scene.approve(plan, DAN).state is PlanState.APPROVED


def test_a_refusal_is_remembered(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    plan = scene.proposed()
    with refused(NotAnApprover(ANN.name)):
        scene.approve(plan)
    event = scene.last_event()
    assert (event.event, event.by, event.plan) == (AuditEventName.REFUSED, ANN.name, plan.id)
    assert event.detail == RequestRefused(NotAnApprover(ANN.name))
    assert scene.as_stored(plan) == plan


def test_an_older_version_is_not_approved(scene: Scene) -> None:
    plan = scene.proposed()
    scene.pin("old")
    with refused(OutdatedVersion(current=2, seen=1)):
        scene.approve(plan)


def test_whoever_comes_too_late_finds_it_expired(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += WEEK
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        scene.approve(plan)
    assert scene.events()[-2:] == [AuditEventName.EXPIRED, AuditEventName.REFUSED]


def test_somebody_else_ends_it_first(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += WEEK
    scene.store.meanwhile["commit"] = lambda: _ended_by_them(scene, plan.id)
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        scene.approve(plan)
    assert scene.events().count(AuditEventName.EXPIRED) == 1


def _ended_by_them(scene: Scene, id_: str) -> None:
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        scene.decisions(scene.theirs).dismiss(id_, BOB)


def test_somebody_else_approves_first(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, BOB, scene.theirs)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        scene.approve(plan)
    assert [each.by for each in scene.as_stored(plan).approvals] == [BOB.name]


def test_somebody_else_approves_at_the_same_time_and_both_count(scene: Scene) -> None:
    scene.rules = replace(scene.rules, required=2)
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, DAN, scene.theirs)
    assert scene.approve(plan, CAT).state is PlanState.APPROVED
    assert {each.by for each in scene.as_stored(plan).approvals} == {"U1CAT", "U2DAN"}


def test_a_pin_comes_first(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.pin("old", person=BOB, store=scene.theirs)
    with refused(OutdatedVersion(current=2, seen=1)):
        scene.approve(plan)
    assert scene.as_stored(plan).approvals == ()


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
def test_who_is_asked_to_type_the_name(
    over: float, typed: str | None, approvers: tuple[str, ...], scene: Scene, *, asks: bool
) -> None:
    scene.rules = replace(scene.rules, confirm_over=over, approvers=approvers)
    plan = scene.proposed()
    consent = ApprovalRequest(1, typed=typed)
    assert scene.decisions().lacks_only_the_name(plan, ANN, consent) is asks


def test_a_plan_that_nobody_knows(scene: Scene) -> None:
    plan = scene.proposed()
    with pytest.raises(RequestError, match=f"No plan plan11: did you mean {plan.id}"):
        scene.decisions().approve("plan11", ANN, ApprovalRequest(1))
    with pytest.raises(RequestError, match="No plan xyz: ecr-clean plans lists all plans"):
        scene.decisions().approve("xyz", ANN, ApprovalRequest(1))


def test_a_dismissed_plan_is_over(scene: Scene) -> None:
    plan = scene.proposed()
    after = scene.decisions().dismiss(plan.id, ANN)
    assert after == scene.as_stored(plan)
    assert after.state is PlanState.DISMISSED
    event = scene.last_event()
    assert (event.event, event.by, event.plan) == (AuditEventName.DISMISSED, ANN.name, plan.id)
    assert scene.proposed().id != plan.id


def test_whoever_may_not(scene: Scene) -> None:
    plan = scene.proposed()
    guest = SlackUser("U9", "T1", is_guest=True, groups=None)
    with refused(WorkspaceGuest("U9")):
        scene.decisions().dismiss(plan.id, guest)
    assert scene.last_event().event is AuditEventName.REFUSED
    assert scene.as_stored(plan) == plan


def test_an_approved_plan_is_stopped_not_dismissed(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        scene.decisions().dismiss(plan.id, ANN)
    assert scene.last_event().event is AuditEventName.REFUSED


def test_a_plan_that_has_run_out(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += WEEK
    with refused(WrongPlanState("team/api", PlanState.EXPIRED)):
        scene.decisions().dismiss(plan.id, ANN)


def test_somebody_else_is_faster(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, BOB, scene.theirs)
    with refused(WrongPlanState("team/api", PlanState.APPROVED)):
        scene.decisions().dismiss(plan.id, ANN)
    assert scene.as_stored(plan).state is PlanState.APPROVED


def test_a_newer_version_is_dismissed_too(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.pin("old", person=BOB, store=scene.theirs)
    after = scene.decisions().dismiss(plan.id, ANN)
    assert (after.state, after.version) == (PlanState.DISMISSED, 2)
    assert replace(after, revision=0) != plan


def test_whoever_saw_another_version_does_not_dismiss_this_one(scene: Scene) -> None:
    plan = scene.proposed()
    scene.pin("old")
    with refused(OutdatedVersion(current=2, seen=1)):
        scene.decisions().dismiss(plan.id, ANN, version=1)
    assert scene.last_event().event is AuditEventName.REFUSED
    assert scene.decisions().dismiss(plan.id, ANN, version=2).state is PlanState.DISMISSED


@pytest.fixture
def plan(scene: Scene) -> PlanRecord:
    return scene.approve(scene.proposed())


def test_before_it_begins_it_is_proposed_again(scene: Scene, plan: PlanRecord) -> None:
    after = scene.decisions().stop(plan.id, BOB)
    assert (after.state, after.approvals, after.execute_after) == (PlanState.PROPOSED, (), None)
    event = scene.last_event()
    assert (event.event, event.by) == (AuditEventName.STOPPED, BOB.name)
    assert event.detail == StoppedBeforeStart()


def test_what_is_not_approved_cannot_be_stopped(scene: Scene) -> None:
    plan = scene.proposed()
    with refused(WrongPlanState("team/api", PlanState.PROPOSED)):
        scene.decisions().stop(plan.id, BOB)
    assert scene.last_event().event is AuditEventName.REFUSED


def test_who_may_not(scene: Scene, plan: PlanRecord) -> None:
    scene.rules = replace(scene.rules, approvers=(CAT.id,))
    with refused(MemberOfOtherWorkspace(DAN.id)):
        scene.decisions().stop(plan.id, replace(DAN, workspace="T9"))
    assert scene.as_stored(plan).state is PlanState.APPROVED


def test_two_at_the_same_time(scene: Scene, plan: PlanRecord) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.decisions().stop(plan.id, CAT)
    with refused(WrongPlanState("team/api", PlanState.PROPOSED)):
        scene.decisions().stop(plan.id, BOB)
    assert scene.events().count(AuditEventName.STOPPED) == 1
