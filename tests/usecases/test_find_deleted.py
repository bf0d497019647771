"""What the bot deleted, and by which plan."""

from bot.core.plan_state import PlanState
from bot.core.reasons import NothingKeeps
from bot.core.records import EventName, Fate, Outcome, PlanRecord
from bot.usecases.explanations import find_deleted
from tests.store.support import HERE, THERE, closed, propose, run_of, seen, started
from tests.usecases.scene import Scene


def begun(scene: Scene) -> PlanRecord:
    """`old` is deleted, and nobody knows yet of `older`."""
    plan = propose(scene.store)
    run = run_of(plan)
    assert scene.store.commit(started(plan, run))
    assert scene.store.settle(run, [Fate("sha256:old", Outcome.DELETED, NothingKeeps())], [], [])
    return seen(scene.store, plan.id)


def end(scene: Scene, plan: PlanRecord, state: PlanState) -> None:
    assert scene.store.commit(closed(plan, state, EventName.ENDED))


def test_while_it_is_carried_out_and_afterwards(scene: Scene) -> None:
    plan = begun(scene)
    for state in (PlanState.EXECUTING, PlanState.STOPPED):
        deleted = find_deleted(scene.store, HERE, "old")
        assert deleted
        assert (deleted.plan.id, deleted.plan.state) == (plan.id, state)
        assert (deleted.item.digest, deleted.item.reason) == ("sha256:old", NothingKeeps())
        if state is PlanState.EXECUTING:
            end(scene, plan, PlanState.STOPPED)
    assert find_deleted(scene.store, HERE, "sha256:old") is None, "too short for a digest"


def test_what_was_not_deleted(scene: Scene) -> None:
    assert find_deleted(scene.store, HERE, "old") is None
    dismissed = propose(scene.store)
    assert scene.store.commit(closed(dismissed, PlanState.DISMISSED, EventName.DISMISSED))
    propose(scene.store)
    assert find_deleted(scene.store, HERE, "old") is None


def test_by_which_plan_last(scene: Scene) -> None:
    first = begun(scene)
    assert find_deleted(scene.store, HERE, "older") is None
    assert find_deleted(scene.store, THERE, "old") is None
    end(scene, first, PlanState.FAILED)
    second = begun(scene)
    end(scene, second, PlanState.DONE)
    assert find_deleted(scene.store, THERE, "old") is None
    deleted = find_deleted(scene.store, HERE, "old")
    assert deleted
    assert deleted.plan.id in {first.id, second.id}
