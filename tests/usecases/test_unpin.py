"""Pins are taken off by whoever made them, and by whoever may approve."""

from dataclasses import replace

import pytest

from bot.core.errors import RequestError
from bot.core.records import EventName
from tests.render.builders import HERE
from tests.usecases.scene import ANN, BOB, Scene


def test_what_is_unpinned_is_gone(scene: Scene) -> None:
    scene.pin("a", "b*", "c")
    done = scene.unpinner().unpin(HERE, ["b*", "a", "a"], ANN)
    assert [each.pin.pin for each in done] == ["b*", "a"]
    assert scene.pins() == ["c"]
    assert scene.events()[-2:] == [EventName.UNPINNED, EventName.UNPINNED]
    assert "a is pinned by" in scene.last_event().detail


def test_an_open_plan_keeps_what_it_kept(scene: Scene) -> None:
    plan = scene.proposed()
    scene.pin("old")
    scene.unpinner().unpin(HERE, ["old"], ANN)
    after = scene.as_stored(plan)
    assert after.version == 2
    assert scene.to_go(after) == ["older"]


@pytest.mark.parametrize(
    ("pinned", "said"), [(("a", "b"), r"its pins are a, b"), ((), "it has no pins")]
)
def test_what_is_not_pinned(pinned: tuple[str, ...], said: str, scene: Scene) -> None:
    if pinned:
        scene.pin(*pinned)
    with pytest.raises(RequestError, match=rf"'x' is not pinned in team/api \({said}\)"):
        scene.unpinner().unpin(HERE, [*pinned, "x"], ANN)
    assert scene.pins() == list(pinned)


def test_somebody_elses_pin(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    scene.pin("a", person=BOB)
    scene.pin("b", person=ANN)
    with pytest.raises(RequestError, match="none of the approvers"):
        scene.unpinner().unpin(HERE, ["b", "a"], ANN)
    assert scene.pins() == ["a", "b"]
    assert scene.last_event().event is EventName.REFUSED
    scene.unpinner().unpin(HERE, ["b", "a"], BOB)
    assert scene.pins() == []


def test_somebody_else_is_faster(scene: Scene) -> None:
    scene.pin("a", "b")
    scene.store.meanwhile["commit"] = lambda: scene.pin("a", days=30, store=scene.theirs)
    with pytest.raises(RequestError, match="Somebody else has just changed the pins of team/api"):
        scene.unpinner().unpin(HERE, ["a", "b"], ANN)
    assert scene.pins() == ["a", "b"]
