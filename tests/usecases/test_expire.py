"""What has run out is ended once, whoever is faster."""

from datetime import timedelta

import pytest

from bot.core.audit_details import PinText
from bot.core.pins import Pin
from bot.core.plan_state import PlanState
from bot.core.records import BY_ITSELF, EventName
from bot.usecases.proposals import expire
from tests.render.builders import HERE
from tests.usecases.scene import ANN, WEEK, Scene


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (WEEK - timedelta(seconds=1), PlanState.PROPOSED),
        (WEEK, PlanState.EXPIRED),
        (2 * WEEK, PlanState.EXPIRED),
    ],
)
def test_a_plan_ends_when_its_time_is_over(
    after: timedelta, state: PlanState, scene: Scene
) -> None:
    plan = scene.proposed()
    expire(scene.store, scene.now + after)
    assert scene.as_stored(plan).state is state
    assert (EventName.EXPIRED in scene.events()) is (state is PlanState.EXPIRED)


def test_an_approved_plan_does_not_expire(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    expire(scene.store, scene.now + 2 * WEEK)
    assert scene.as_stored(plan).state is PlanState.APPROVED


def test_pins_end_and_the_audit_says_whose_they_were(scene: Scene) -> None:
    scene.pin("brief", days=1)
    scene.pin("long", days=2)
    scene.pin("forever")
    expire(scene.store, scene.now + timedelta(days=1))
    assert scene.pinned() == ["forever", "long"]
    event = scene.last_event()
    assert (event.event, event.by, event.repository) == (
        EventName.PIN_EXPIRED,
        BY_ITSELF,
        HERE.uri,
    )
    pin = Pin("brief", ANN.name, "a customer runs it", scene.now + timedelta(days=1))
    assert event.detail == PinText(pin)


def test_nothing_is_ended_twice(scene: Scene) -> None:
    scene.proposed()
    scene.pin("brief", days=1)
    later = scene.now + WEEK
    scene.store.meanwhile["commit"] = lambda: expire(scene.theirs, later)
    expire(scene.store, later)
    expire(scene.store, later)
    told = scene.events()
    assert (told.count(EventName.EXPIRED), told.count(EventName.PIN_EXPIRED)) == (1, 1)
