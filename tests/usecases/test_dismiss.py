"""Somebody ends a plan that was proposed."""

from dataclasses import replace

from bot.core.authority import SlackPerson
from bot.core.decision_reasons import OtherVersion, PlanStands
from bot.core.person_reasons import Guest
from bot.core.plan_state import PlanState
from bot.core.records import EventName
from tests.usecases.scene import ANN, BOB, WEEK, Scene, refused


def test_a_dismissed_plan_is_over(scene: Scene) -> None:
    plan = scene.proposed()
    after = scene.decisions().dismiss(plan.id, ANN)
    assert after == scene.as_stored(plan)
    assert after.state is PlanState.DISMISSED
    event = scene.last_event()
    assert (event.event, event.by, event.plan) == (EventName.DISMISSED, ANN.name, plan.id)
    assert scene.proposed().id != plan.id


def test_whoever_may_not(scene: Scene) -> None:
    plan = scene.proposed()
    guest = SlackPerson("U9", "T1", is_guest=True, groups=None)
    with refused(Guest("U9")):
        scene.decisions().dismiss(plan.id, guest)
    assert scene.last_event().event is EventName.REFUSED
    assert scene.as_stored(plan) == plan


def test_an_approved_plan_is_stopped_not_dismissed(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    with refused(PlanStands("team/api", PlanState.APPROVED)):
        scene.decisions().dismiss(plan.id, ANN)
    assert scene.last_event().event is EventName.REFUSED


def test_a_plan_that_has_run_out(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += WEEK
    with refused(PlanStands("team/api", PlanState.EXPIRED)):
        scene.decisions().dismiss(plan.id, ANN)


def test_somebody_else_is_faster(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, BOB, scene.theirs)
    with refused(PlanStands("team/api", PlanState.APPROVED)):
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
    with refused(OtherVersion(current=2, seen=1)):
        scene.decisions().dismiss(plan.id, ANN, version=1)
    assert scene.last_event().event is EventName.REFUSED
    assert scene.decisions().dismiss(plan.id, ANN, version=2).state is PlanState.DISMISSED
