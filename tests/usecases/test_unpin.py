"""Pins are taken off by whoever made them, and by whoever may approve."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit_details import PinDetail
from bot.core.errors import ErrorText, RequestError
from bot.core.permission_reasons import InvalidPinRemoval, NotAnApprover
from bot.core.permissions import Person
from bot.core.pins import Pin
from bot.core.records import AuditEventName
from bot.usecases.pins import Pins
from tests.render.builders import HERE
from tests.usecases.scene import ANN, BOB, CAT, Scene, refused
from tests.usecases.site import RULES as EVERYBODY


def test_what_is_unpinned_is_gone(scene: Scene) -> None:
    scene.pin("a", "b*", "c")
    done = scene.pins().unpin(HERE, ["b*", "a", "a"], ANN)
    assert [each.pin.pin for each in done] == ["b*", "a"]
    assert scene.pinned() == ["c"]
    assert scene.events()[-2:] == [AuditEventName.UNPINNED, AuditEventName.UNPINNED]
    assert scene.last_event().detail == PinDetail(Pin("a", ANN.name, "a customer runs it"))


def test_an_open_plan_keeps_what_it_kept(scene: Scene) -> None:
    plan = scene.proposed()
    scene.pin("old")
    scene.pins().unpin(HERE, ["old"], ANN)
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
        scene.pins().unpin(HERE, [*pinned, "x"], ANN)
    assert scene.pinned() == list(pinned)


def test_somebody_elses_pin(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    scene.pin("a", person=BOB)
    scene.pin("b", person=ANN)
    with refused(NotAnApprover(ANN.name)):
        scene.pins().unpin(HERE, ["b", "a"], ANN)
    assert scene.pinned() == ["a", "b"]
    assert scene.last_event().event is AuditEventName.REFUSED
    scene.pins().unpin(HERE, ["b", "a"], BOB)
    assert scene.pinned() == []


def test_somebody_else_is_faster(scene: Scene) -> None:
    scene.pin("a", "b")
    scene.store.meanwhile["commit"] = lambda: scene.pin("a", days=30, store=scene.theirs)
    with pytest.raises(RequestError, match="Another user has just changed the pins of team/api"):
        scene.pins().unpin(HERE, ["a", "b"], ANN)
    assert scene.pinned() == ["a", "b"]


# pins that people removed who may not, by the settings of whoever relies on the pin


def lenient(scene: Scene) -> Pins:
    """Of a process whose settings let everybody."""
    return replace(scene.pins(), rules_of=lambda _: EVERYBODY)


@pytest.fixture
def removed(scene: Scene) -> Scene:
    """Ann pinned `old`, and Bob removed it, who may not by the settings here."""
    scene.pin("old")
    lenient(scene).unpin(HERE, ["old"], BOB)
    scene.rules = replace(scene.rules, approvers=(CAT.name,))
    return scene


def in_force(scene: Scene) -> list[Pin]:
    return [each.pin for each in scene.pins().in_force(HERE)]


def test_what_somebody_removed_who_may_not_protects_still(removed: Scene) -> None:
    assert removed.pinned() == []
    (found,) = in_force(removed)
    assert (found.pin, found.by) == ("old", ANN.name)
    assert found.kept_on == InvalidPinRemoval(BOB.name, NotAnApprover(BOB.name))
    removed.rules = EVERYBODY
    assert in_force(removed) == []


def test_it_protects_no_longer_than_it_would_have(scene: Scene) -> None:
    scene.pin("old", days=1)
    lenient(scene).unpin(HERE, ["old"], BOB)
    scene.rules = replace(scene.rules, approvers=(CAT.name,))
    assert len(in_force(scene)) == 1
    scene.now += timedelta(days=1)
    assert in_force(scene) == []


@pytest.mark.parametrize("person", [ANN, CAT])
def test_its_maker_and_approvers_may_remove_it_for_good(removed: Scene, person: Person) -> None:
    done = removed.pins().unpin(HERE, ["old"], person)
    assert [each.pin.pin for each in done] == ["old"]
    assert in_force(removed) == []
    with pytest.raises(RequestError, match="is not pinned"):
        removed.pins().unpin(HERE, ["old"], person)


def test_it_may_be_removed_by_a_process_that_knows_other_secrets(
    removed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it stores has another reason."""
    monkeypatch.setenv("PGPASSWORD", "a customer runs it")
    removed.pins().unpin(HERE, ["old"], ANN)
    assert in_force(removed) == []


def test_nobody_else_may(removed: Scene) -> None:
    with refused(NotAnApprover(BOB.name)):
        removed.pins().unpin(HERE, ["old"], BOB)
    assert len(in_force(removed)) == 1


def test_the_pin_and_its_successor_are_removed_together(removed: Scene) -> None:
    removed.now += timedelta(minutes=1)
    removed.pin("old", person=ANN)
    assert len(in_force(removed)) == 2
    assert len(removed.pins().unpin(HERE, ["old"], ANN)) == 2
    assert in_force(removed) == []


def test_a_pin_that_somebody_cut_short(scene: Scene) -> None:
    """Replaced by one that ends sooner, as its maker and approvers may."""
    scene.pin("old", days=30)
    scene.pin("old", days=1, person=BOB)
    assert len(in_force(scene)) == 1
    scene.rules = replace(scene.rules, approvers=(CAT.name,))
    replaced_by, replaced = in_force(scene)
    assert replaced_by.kept_on is None
    assert replaced.kept_on == InvalidPinRemoval(BOB.name, NotAnApprover(BOB.name))


@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_slack_cannot_tell_who_removed_it(scene: Scene, approvers: tuple[str, ...]) -> None:
    scene.pin("old")
    lenient(scene).unpin(HERE, ["old"], CAT)
    scene.rules = replace(scene.rules, approvers=approvers)
    scene.directory.error = "Slack does not answer"
    (found,) = in_force(scene)
    assert found.kept_on == InvalidPinRemoval(CAT.name, ErrorText("Slack does not answer"))
    scene.directory.error = None
    scene.directory.known = {CAT.id: replace(CAT, groups=frozenset({"S1"}))}
    assert in_force(scene) == []
