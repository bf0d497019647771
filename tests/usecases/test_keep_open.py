"""A plan that is found unchanged stays open as long as a new one."""

from dataclasses import replace
from datetime import timedelta

from bot.core.audit_details import FoundUnchanged
from bot.core.plan_state import PlanState
from bot.core.records import BY_ITSELF, EventName
from bot.usecases.proposals import Proposal, keep_open, keep_proposal_open
from tests.usecases.scene import BOB, CAT, DAN, WEEK, Scene

DAY = timedelta(days=1)


def test_it_is_open_for_longer(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += 6 * DAY
    kept = keep_open(scene.store, plan, scene.now + WEEK, scene.now)
    assert kept == scene.as_stored(plan)
    assert (kept.version, kept.expires_at) == (1, scene.now + WEEK)
    last = scene.last_event()
    assert (last.event, last.by, last.version) == (EventName.PROPOSED, BY_ITSELF, 1)
    assert last.detail == FoundUnchanged(kept.expires_at)


def test_approvals_do_not_count_for_longer(scene: Scene) -> None:
    scene.rules = replace(scene.rules, required=2)
    plan = scene.approve(scene.proposed(), CAT)
    kept = keep_open(scene.store, plan, scene.now + 2 * WEEK, scene.now)
    assert kept == plan == scene.as_stored(plan)
    assert scene.approve(kept, DAN).state is PlanState.APPROVED


def test_somebody_approves_it_meanwhile(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, BOB, scene.theirs)
    kept = keep_open(scene.store, plan, scene.now + 2 * WEEK, scene.now)
    assert kept.state is PlanState.APPROVED
    assert kept.expires_at == plan.expires_at


def test_somebody_kept_it_open_meanwhile(scene: Scene) -> None:
    plan, until = scene.proposed(), scene.now + 2 * WEEK
    scene.store.meanwhile["commit"] = lambda: keep_open(scene.theirs, plan, until, scene.now)
    kept = keep_open(scene.store, plan, until, scene.now)
    assert kept == scene.as_stored(plan)
    assert scene.events().count(EventName.PROPOSED) == 2


def test_a_new_proposal_is_open_long_enough(scene: Scene) -> None:
    plan = scene.proposed()
    content = scene.store.content(plan.id, plan.version)
    new, known = (Proposal(plan, content, is_new=is_new) for is_new in (True, False))
    scene.now += 6 * DAY
    assert keep_proposal_open(scene.store, new, WEEK, scene.now) == new
    kept = keep_proposal_open(scene.store, known, WEEK, scene.now)
    assert kept == replace(known, record=scene.as_stored(plan))
    assert kept.record.expires_at == scene.now + WEEK
