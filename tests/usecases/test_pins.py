"""Pins, and what becomes of the plan that is open."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.audit_details import ImagesKeptByPins
from bot.core.errors import RequestError
from bot.core.permission_reasons import NotAnApprover, WorkspaceGuest
from bot.core.permissions import SlackUser
from bot.core.pins import Pin
from bot.core.plan import PlanState, content_hash
from bot.core.plan_transitions import started
from bot.core.records import AuditEventName, StoreChange, TagBinding, TagScan
from bot.core.refusal_reasons import PinnedByAnotherPerson
from bot.usecases.audit import LONGEST_REASON
from bot.usecases.proposals import catch_up
from tests.render.builders import HERE
from tests.store.support import event
from tests.usecases.scene import ANN, BOB, TERMS, WEEK, Scene, content, refused


def test_without_a_plan_it_is_simply_kept(scene: Scene) -> None:
    done = scene.pin("1.0", "2.*", "1.0", days=30)
    until = scene.now + timedelta(days=30)
    assert done.pins == [
        Pin("1.0", ANN.name, "a customer runs it", until),
        Pin("2.*", ANN.name, "a customer runs it", until),
    ]
    assert (done.plan, done.unmatched) == (None, ())
    assert [each.pin for each in scene.store.pins(HERE.uri)] == done.pins
    assert scene.events() == [AuditEventName.PINNED, AuditEventName.PINNED]


def test_a_proposed_plan_gets_its_next_version_at_once(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += timedelta(days=1)
    after = scene.pin("old").plan
    assert after == scene.as_stored(plan)
    assert (after.id, after.version, after.state) == (plan.id, 2, PlanState.PROPOSED)
    assert after.expires_at == scene.now + WEEK
    assert scene.to_go(after) == ["older"]
    assert after.hash == content_hash(scene.store.content(after.id, 2)) != plan.hash


def test_the_audit_tells_what_it_protects(scene: Scene) -> None:
    plan = scene.proposed()
    digest = next(i.digest for i in scene.store.items(plan.id, 1) if i.tags == ("old",))
    scene.pin("old", "nothing")
    first, second, renewed = list(scene.store.events())[1:]
    assert (first.event, first.plan, first.version, first.digests) == (
        AuditEventName.PINNED,
        plan.id,
        1,
        (digest,),
    )
    assert second.digests == ()
    assert (renewed.event, renewed.version) == (AuditEventName.PROPOSED, 2)
    assert renewed.detail == ImagesKeptByPins(1, of=2)


def test_approvals_of_the_version_before_do_not_count(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    after = scene.pin("old").plan
    assert after
    assert (after.state, after.execute_after, after.current_approvals) == (
        PlanState.PROPOSED,
        None,
        (),
    )
    assert [each.version for each in after.approvals] == [1]


def test_a_mistyped_pin_is_told(scene: Scene) -> None:
    scene.proposed()
    assert scene.pin("odl", "old", "new", "x*").unmatched == ("odl", "x*")


def test_without_a_plan_the_last_scan_of_tags_tells_what_is_mistyped(scene: Scene) -> None:
    """It knows no images that never had a tag, so that no digest is doubted."""
    bindings = {"1.0": TagBinding("sha256:a", None), "2.0-RC": TagBinding("sha256:b", None)}
    scene.store.save_tag_scan(HERE, TagScan(scene.now, bindings, {}))
    done = scene.pin("1.0", "1.O", "2.*-rc", "3.*", f"sha256:{'c' * 64}")
    assert done.unmatched == ("1.O", "3.*")


def test_a_plan_that_is_being_carried_out_stays(scene: Scene) -> None:
    approved = scene.approve(scene.proposed())
    executing = started(approved, scene.now + timedelta(minutes=5))
    assert scene.store.commit(StoreChange([event()], approved, executing))
    done = scene.pin("old", "odl")
    assert done.plan == executing
    assert done.unmatched == ("odl",)
    assert scene.pinned() == ["odl", "old"]


def test_a_plan_that_has_run_out_is_not_revived(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += WEEK
    assert scene.pin("old").plan is None
    assert scene.as_stored(plan).state is PlanState.EXPIRED


@pytest.mark.parametrize(
    ("texts", "reason", "days", "said"),
    [
        (["old"], " \n", None, "A pin needs a reason"),
        (["old"], "x" * (LONGEST_REASON + 1), None, "The reason has 3,001 characters"),
        (["old"], "red \x1b[31m", None, "control characters"),
        (["old"], "no UTF-8: \udcff", None, "not valid UTF-8"),
        (["old"], "why", 0, "2026-11-23 12:00 UTC is over"),
        (["old"], "why", -1, "2026-11-22 12:00 UTC is over"),
        (["old", "team/api:old"], "why", None, "give a tag, a full digest or a glob"),
        (["sha256:abc"], "why", None, "no whole digest"),
        (["[a"], "why", None, "never closed"),
    ],
)
def test_what_can_protect_nothing(
    texts: list[str], reason: str, days: float | None, said: str, scene: Scene
) -> None:
    until = None if days is None else scene.now + timedelta(days=days)
    with pytest.raises(RequestError, match=said):
        scene.pins().pin(HERE, texts, ANN, reason, until)
    assert scene.pinned() == []


def test_a_reason_is_kept_on_one_line(scene: Scene) -> None:
    (pin,) = scene.pins().pin(HERE, ["old"], ANN, "  the\naudit \t needs it ").pins
    assert pin.reason == "the audit needs it"
    assert scene.pins().pin(HERE, ["new"], ANN, "x" * LONGEST_REASON).pins


def test_whoever_may_not(scene: Scene) -> None:
    guest = SlackUser("U9", "T1", is_guest=True, groups=None)
    with refused(WorkspaceGuest("U9")):
        scene.pin("old", person=guest)
    assert scene.events() == [AuditEventName.REFUSED]
    assert scene.pinned() == []


def pin_of_bob(until: datetime | None) -> PinnedByAnotherPerson:
    """Why Ann may not replace it."""
    return PinnedByAnotherPerson(
        Pin("old", BOB.name, "a customer runs it", until), NotAnApprover(ANN.name)
    )


@pytest.mark.parametrize(("before", "after"), [(30, 7), (None, 7), (7, 30), (7, None)])
def test_ones_own_pin_may_be_replaced(
    before: float | None, after: float | None, scene: Scene
) -> None:
    scene.pin("old", days=before)
    scene.pin("old", days=after)
    (kept,) = scene.store.pins(HERE.uri)
    assert kept.pin.until == (None if after is None else scene.now + timedelta(days=after))


@pytest.mark.parametrize("days", [1, 60, None])
def test_somebody_elses_pin_is_not_taken_over(days: float | None, scene: Scene) -> None:
    """Whoever owned it could take it off."""
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    scene.pin("old", person=BOB, days=30)
    with refused(pin_of_bob(scene.now + timedelta(days=30))):
        scene.pin("free", "old", days=days)
    assert scene.last_event().event is AuditEventName.REFUSED
    (kept,) = scene.store.pins(HERE.uri)
    assert kept.pin.by == BOB.name


def test_an_approver_may_replace_it(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=(ANN.name,))
    scene.pin("old", person=BOB, days=30)
    scene.pin("old", person=ANN, days=1)
    assert [each.pin.by for each in scene.store.pins(HERE.uri)] == [ANN.name]


def test_anybody_may_replace_a_pin_that_has_run_out(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    scene.pin("old", person=BOB, days=1)
    scene.now += timedelta(days=1)
    scene.pin("old", person=ANN)
    assert [each.pin.by for each in scene.store.pins(HERE.uri)] == [ANN.name]


def test_somebody_pins_something_else_at_the_same_time(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.pin("older", person=BOB, store=scene.theirs)
    after = scene.pin("old").plan
    assert after
    assert after.version == 3
    assert scene.to_go(after) == []
    assert scene.events().count(AuditEventName.PINNED) == 2
    assert plan.id == after.id


def test_the_version_is_replaced_while_it_is_read(scene: Scene) -> None:
    """Nobody approved it, so that it is not kept: the pin goes into the next one."""
    plan = scene.proposed()
    scene.store.meanwhile["content"] = lambda: scene.pin("older", person=BOB, store=scene.theirs)
    after = scene.pin("old").plan
    assert after
    assert (after.id, after.version) == (plan.id, 3)
    assert scene.to_go(after) == []


def test_somebody_takes_the_pin_off_that_is_replaced(scene: Scene) -> None:
    scene.pin("old", days=1)
    scene.store.meanwhile["commit"] = lambda: scene.pins(scene.theirs).unpin(HERE, ["old"], BOB)
    scene.pin("old", days=2)
    (kept,) = scene.store.pins(HERE.uri)
    assert kept.pin.until == scene.now + timedelta(days=2)


def test_somebody_else_pins_the_same_at_the_same_time(scene: Scene) -> None:
    """Without a plan, nothing but the pin itself shows it."""
    scene.rules = replace(scene.rules, approvers=(BOB.name,))
    scene.store.meanwhile["commit"] = lambda: scene.pin("old", person=BOB, store=scene.theirs)
    with refused(pin_of_bob(until=None)):
        scene.pin("old", "free")
    (kept,) = scene.store.pins(HERE.uri)
    assert (kept.pin.pin, kept.pin.by) == ("old", BOB.name)


def test_the_same_person_pins_the_same_at_the_same_time(scene: Scene) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.pin("old", days=30, store=scene.theirs)
    scene.pin("old", days=60)
    (kept,) = scene.store.pins(HERE.uri)
    assert kept.pin.until == scene.now + timedelta(days=60)


def test_a_plan_appears_at_the_same_time(scene: Scene) -> None:
    scene.store.meanwhile["commit"] = scene.proposed
    after = scene.pin("old").plan
    assert after
    assert after.version == 2
    assert scene.to_go(after) == ["older"]


def test_a_plan_appears_that_has_nothing_to_catch_up_with(scene: Scene) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.proposed(content("new", "old", newest=2))
    after = scene.pin("other").plan
    assert after
    assert after.version == 1


def test_catching_up_while_somebody_else_pins(scene: Scene) -> None:
    scene.pin("old")
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.pin("older", person=BOB, store=scene.theirs)
    found = catch_up(scene.store, scene.clock, HERE, ANN, TERMS)
    assert found
    assert (found.record.id, found.record.version) == (plan.id, 3)
    assert scene.to_go(found.record) == []
