"""Somebody stops a plan."""

from dataclasses import replace

import pytest

from bot.core.audit_details import StoppedBeforeStart
from bot.core.decision_reasons import PlanStands
from bot.core.person_reasons import OtherWorkspace
from bot.core.plan_state import PlanState
from bot.core.records import EventName, PlanRecord
from tests.usecases.scene import BOB, CAT, DAN, Scene, refused


@pytest.fixture
def plan(scene: Scene) -> PlanRecord:
    return scene.approve(scene.proposed())


def test_before_it_begins_it_is_proposed_again(scene: Scene, plan: PlanRecord) -> None:
    after = scene.decisions().stop(plan.id, BOB)
    assert (after.state, after.approvals, after.execute_after) == (PlanState.PROPOSED, (), None)
    event = scene.last_event()
    assert (event.event, event.by) == (EventName.STOPPED, BOB.name)
    assert event.detail == StoppedBeforeStart()


def test_what_is_not_approved_cannot_be_stopped(scene: Scene) -> None:
    plan = scene.proposed()
    with refused(PlanStands("team/api", PlanState.PROPOSED)):
        scene.decisions().stop(plan.id, BOB)
    assert scene.last_event().event is EventName.REFUSED


def test_who_may_not(scene: Scene, plan: PlanRecord) -> None:
    scene.rules = replace(scene.rules, approvers=(CAT.id,))
    with refused(OtherWorkspace(DAN.id)):
        scene.decisions().stop(plan.id, replace(DAN, workspace="T9"))
    assert scene.as_stored(plan).state is PlanState.APPROVED


def test_two_at_the_same_time(scene: Scene, plan: PlanRecord) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.decisions().stop(plan.id, CAT)
    with refused(PlanStands("team/api", PlanState.PROPOSED)):
        scene.decisions().stop(plan.id, BOB)
    assert scene.events().count(EventName.STOPPED) == 1
