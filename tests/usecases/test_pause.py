"""Pausing everything, and resuming."""

from dataclasses import replace

import pytest

from bot.core.errors import RequestError
from bot.core.permission_reasons import NotAnApprover
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, PlanRecord, PlanWorker
from bot.core.refusal_reasons import AlreadyPaused
from bot.usecases.audit import LONGEST_REASON
from bot.usecases.decisions import Decisions
from bot.usecases.deletion.start import PausedError, find_runs
from tests.support import NOW
from tests.usecases.scene import ANN, BOB, Scene, refused
from tests.usecases.site import Killed, Site


@pytest.fixture
def pauser(scene: Scene) -> Decisions:
    return replace(scene.decisions(), general_rules=replace(scene.rules, approvers=(ANN.arn,)))


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """One that is due."""
    for number in range(5):
        site.shelf.image(f"1.{number}", age=60 - number)
    return site.approved()


def pause(site: Site) -> None:
    site.decisions().pause(ANN, "the registry moves")


def test_it_lasts_until_somebody_resumes(scene: Scene, pauser: Decisions) -> None:
    made = pauser.pause(ANN, " the registry\n moves ")
    assert made == scene.store.pause() == Pause(ANN.name, NOW, "the registry moves")
    assert pauser.resume(ANN) == made
    assert scene.store.pause() is None
    assert scene.events() == [AuditEventName.PAUSED, AuditEventName.RESUMED]


def test_one_is_enough(scene: Scene, pauser: Decisions) -> None:
    pauser.pause(ANN, "")
    with refused(AlreadyPaused(ANN.name, NOW, "")):
        pauser.pause(ANN, "again")
    pauser.resume(ANN)
    with pytest.raises(RequestError, match="is not paused"):
        pauser.resume(ANN)
    assert scene.events() == [AuditEventName.PAUSED, AuditEventName.RESUMED]


def test_two_at_once(scene: Scene, pauser: Decisions) -> None:
    others = scene.decisions(scene.theirs)
    scene.store.meanwhile["set_pause"] = lambda: others.pause(BOB, "first")
    with refused(AlreadyPaused(BOB.name, NOW, "first")):
        pauser.pause(ANN, "second")
    scene.store.meanwhile["set_pause"] = lambda: others.resume(BOB)
    with pytest.raises(RequestError, match="is not paused"):
        pauser.resume(ANN)


def test_somebody_resumes_while_another_person_pauses(
    scene: Scene, pauser: Decisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauser.pause(ANN, "first")
    monkeypatch.setattr(scene.store, "pause", lambda: None)
    with pytest.raises(RequestError, match="has just resumed"):
        pauser.pause(ANN, "second")


def test_only_approvers_may(scene: Scene, pauser: Decisions) -> None:
    with refused(NotAnApprover(BOB.name)):
        pauser.pause(BOB, "")
    pauser.pause(ANN, "")
    with refused(NotAnApprover(BOB.name)):
        pauser.resume(BOB)
    assert scene.store.pause()
    assert scene.events() == [AuditEventName.REFUSED, AuditEventName.PAUSED, AuditEventName.REFUSED]


@pytest.mark.parametrize("why", ["x" * (LONGEST_REASON + 1), "\x00", "\ud800"])
def test_reasons_that_cannot_be_stored(scene: Scene, pauser: Decisions, why: str) -> None:
    with pytest.raises(RequestError, match="reason"):
        pauser.pause(ANN, why)
    assert scene.store.pause() is None


def test_nothing_begins(site: Site, plan: PlanRecord) -> None:
    pause(site)
    assert not find_runs(site.store, site.clock(), is_gone).due
    with pytest.raises(PausedError) as error:
        site.starter().start(plan.id)
    assert error.value.pause == Pause(ANN.name, site.clock(), "the registry moves")
    assert site.as_stored(plan).state is PlanState.APPROVED
    site.decisions().resume(ANN)
    assert site.carry_out(plan).state is PlanState.DONE


def test_nothing_begins_that_was_just_looked_at(site: Site, plan: PlanRecord) -> None:
    site.after("describe", 1, lambda: pause(site))
    with pytest.raises(PausedError):
        site.starter().start(plan.id)
    assert site.as_stored(plan).state is PlanState.APPROVED
    assert site.calls("BatchDeleteImage") == 0


def test_what_was_begun_goes_on(site: Site, plan: PlanRecord) -> None:
    site.after("journal", 1, lambda: pause(site))
    assert site.carry_out(plan).state is PlanState.DONE


def test_what_was_left_is_finished(site: Site, plan: PlanRecord) -> None:
    site.die("journal")
    with pytest.raises(Killed):
        site.carry_out(plan)
    pause(site)
    site.wait(minutes=5)
    assert [begun.plan.id for begun in find_runs(site.store, site.clock(), is_gone).abandoned] == [
        plan.id
    ]
    assert site.take_over(plan).state is PlanState.DONE


def is_gone(_: PlanWorker) -> bool:
    return False
