"""Pins are taken off by whoever made them, and by whoever may approve."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit_details import PinText
from bot.core.authority import Person
from bot.core.errors import RequestError
from bot.core.person_reasons import NoApprover, RemovedInVain
from bot.core.pins import Pin
from bot.core.records import EventName
from bot.core.sentence import Sentence
from bot.usecases.unpin import Unpinner
from tests.render.builders import HERE
from tests.usecases.scene import ANN, BOB, CAT, Scene, refused
from tests.usecases.site import RULES as EVERYBODY


def test_what_is_unpinned_is_gone(scene: Scene) -> None:
    scene.pin("a", "b*", "c")
    done = scene.unpinner().unpin(HERE, ["b*", "a", "a"], ANN)
    assert [each.pin.pin for each in done] == ["b*", "a"]
    assert scene.pins() == ["c"]
    assert scene.events()[-2:] == [EventName.UNPINNED, EventName.UNPINNED]
    assert scene.last_event().detail == PinText(Pin("a", ANN.name, "a customer runs it"))


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
    with refused(NoApprover(ANN.name)):
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


# pins that people removed who may not, by the settings of whoever relies on the pin


def lenient(scene: Scene) -> Unpinner:
    """Of a process whose settings let everybody."""
    return Unpinner(scene.store, scene.clock, lambda _: EVERYBODY, scene.authority)


@pytest.fixture
def removed(scene: Scene) -> Scene:
    """Ann pinned `old`, and Bob removed it, who may not by the settings here."""
    scene.pin("old")
    lenient(scene).unpin(HERE, ["old"], BOB)
    scene.rules = replace(scene.rules, approvers=(CAT.name,))
    return scene


def in_force(scene: Scene) -> list[Pin]:
    return [each.pin for each in scene.unpinner().in_force(HERE)]


def test_what_somebody_removed_who_may_not_protects_still(removed: Scene) -> None:
    assert removed.pins() == []
    (found,) = in_force(removed)
    assert (found.pin, found.by) == ("old", ANN.name)
    assert found.kept_on == RemovedInVain(BOB.name, NoApprover(BOB.name))
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
    done = removed.unpinner().unpin(HERE, ["old"], person)
    assert [each.pin.pin for each in done] == ["old"]
    assert in_force(removed) == []
    with pytest.raises(RequestError, match="is not pinned"):
        removed.unpinner().unpin(HERE, ["old"], person)


def test_it_may_be_removed_by_a_process_that_knows_other_secrets(
    removed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it stores has another reason."""
    monkeypatch.setenv("PGPASSWORD", "a customer runs it")
    removed.unpinner().unpin(HERE, ["old"], ANN)
    assert in_force(removed) == []


def test_nobody_else_may(removed: Scene) -> None:
    with refused(NoApprover(BOB.name)):
        removed.unpinner().unpin(HERE, ["old"], BOB)
    assert len(in_force(removed)) == 1


def test_the_pin_and_its_successor_are_removed_together(removed: Scene) -> None:
    removed.now += timedelta(minutes=1)
    removed.pin("old", person=ANN)
    assert len(in_force(removed)) == 2
    assert len(removed.unpinner().unpin(HERE, ["old"], ANN)) == 2
    assert in_force(removed) == []


def test_a_pin_that_somebody_cut_short(scene: Scene) -> None:
    """Replaced by one that ends sooner, as its maker and approvers may."""
    scene.pin("old", days=30)
    scene.pin("old", days=1, person=BOB)
    assert len(in_force(scene)) == 1
    scene.rules = replace(scene.rules, approvers=(CAT.name,))
    replaced_by, replaced = in_force(scene)
    assert replaced_by.kept_on is None
    assert replaced.kept_on == RemovedInVain(BOB.name, NoApprover(BOB.name))


@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_slack_cannot_tell_who_removed_it(scene: Scene, approvers: tuple[str, ...]) -> None:
    scene.pin("old")
    lenient(scene).unpin(HERE, ["old"], CAT)
    scene.rules = replace(scene.rules, approvers=approvers)
    scene.directory.error = "Slack does not answer"
    (found,) = in_force(scene)
    assert found.kept_on == RemovedInVain(CAT.name, Sentence("Slack does not answer"))
    scene.directory.error = None
    scene.directory.known = {CAT.id: replace(CAT, groups=frozenset({"S1"}))}
    assert in_force(scene) == []
