"""Making pins, and their effect on open plans."""

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
from tests.usecases.store_env import ANN, BOB, TERMS, WEEK, StoreEnv, content, refused


def test_a_pin_without_a_plan(env: StoreEnv) -> None:
    done = env.pin("1.0", "2.*", "1.0", days=30)
    until = env.now + timedelta(days=30)
    assert done.pins == [
        Pin("1.0", ANN.name, "a customer runs it", until),
        Pin("2.*", ANN.name, "a customer runs it", until),
    ]
    assert (done.plan, done.unmatched) == (None, ())
    assert [each.pin for each in env.store.pins(HERE.uri)] == done.pins
    assert env.events() == [AuditEventName.PINNED, AuditEventName.PINNED]


def test_a_pin_makes_the_next_version_of_a_proposed_plan(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += timedelta(days=1)
    after = env.pin("old").plan
    assert after == env.as_stored(plan)
    assert (after.id, after.version, after.state) == (plan.id, 2, PlanState.PROPOSED)
    assert after.expires_at == env.now + WEEK
    assert env.to_delete(after) == ["older"]
    assert after.hash == content_hash(env.store.content(after.id, 2)) != plan.hash


def test_the_audit_has_the_digests_that_a_pin_protects(env: StoreEnv) -> None:
    plan = env.proposed()
    digest = next(i.digest for i in env.store.items(plan.id, 1) if i.tags == ("old",))
    env.pin("old", "nothing")
    first, second, renewed = list(env.store.events())[1:]
    assert (first.event, first.plan, first.version, first.digests) == (
        AuditEventName.PINNED,
        plan.id,
        1,
        (digest,),
    )
    assert second.digests == ()
    assert (renewed.event, renewed.version) == (AuditEventName.PROPOSED, 2)
    assert renewed.detail == ImagesKeptByPins(1, of=2, pins=("old",))


def test_approvals_of_the_last_version_do_not_count(env: StoreEnv) -> None:
    plan = env.proposed()
    env.approve(plan)
    after = env.pin("old").plan
    assert after
    assert (after.state, after.execute_after, after.current_approvals) == (
        PlanState.PROPOSED,
        None,
        (),
    )
    assert [each.version for each in after.approvals] == [1]


def test_a_mistyped_pin_is_reported(env: StoreEnv) -> None:
    env.proposed()
    assert env.pin("odl", "old", "new", "x*").unmatched == ("odl", "x*")


def test_without_a_plan_the_last_scan_finds_mistyped_pins(env: StoreEnv) -> None:
    """The scan has only tagged images, so digests are never reported as mistyped."""
    bindings = {"1.0": TagBinding("sha256:a", None), "2.0-RC": TagBinding("sha256:b", None)}
    env.store.save_tag_scan(HERE, TagScan(env.now, bindings, {}))
    done = env.pin("1.0", "1.O", "2.*-rc", "3.*", f"sha256:{'c' * 64}")
    assert done.unmatched == ("1.O", "3.*")


def test_an_executing_plan_gets_no_new_version(env: StoreEnv) -> None:
    approved = env.approve(env.proposed())
    executing = started(approved, env.now + timedelta(minutes=5))
    assert env.store.commit(StoreChange([event()], approved, executing))
    done = env.pin("old", "odl")
    assert done.plan == executing
    assert done.unmatched == ("odl",)
    assert env.pinned() == ["odl", "old"]


def test_an_expired_plan_gets_no_new_version(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += WEEK
    assert env.pin("old").plan is None
    assert env.as_stored(plan).state is PlanState.EXPIRED


@pytest.mark.parametrize(
    ("texts", "reason", "days", "said"),
    [
        (["old"], " \n", None, "A pin needs a reason"),
        (["old"], "x" * (LONGEST_REASON + 1), None, "The reason has 3,001 characters"),
        (["old"], "red \x1b[31m", None, "control characters"),
        (["old"], "no UTF-8: \udcff", None, "not valid UTF-8"),
        (["old"], "why", 0, "2026-11-23 12:00 UTC is in the past"),
        (["old"], "why", -1, "2026-11-22 12:00 UTC is in the past"),
        (["old", "team/api:old"], "why", None, "give a tag, a full digest or a pattern"),
        (["sha256:abc"], "why", None, "not a complete digest"),
        (["[a"], "why", None, "never closed"),
    ],
)
def test_pins_that_can_protect_no_image(
    texts: list[str], reason: str, days: float | None, said: str, env: StoreEnv
) -> None:
    until = None if days is None else env.now + timedelta(days=days)
    with pytest.raises(RequestError, match=said):
        env.pins().pin(HERE, texts, ANN, reason, until)
    assert env.pinned() == []


def test_a_reason_is_stored_on_one_line(env: StoreEnv) -> None:
    (pin,) = env.pins().pin(HERE, ["old"], ANN, "  the\naudit \t needs it ").pins
    assert pin.reason == "the audit needs it"
    assert env.pins().pin(HERE, ["new"], ANN, "x" * LONGEST_REASON).pins


def test_users_without_rights_are_refused(env: StoreEnv) -> None:
    guest = SlackUser("U9", "T1", is_guest=True, groups=None)
    with refused(WorkspaceGuest("U9")):
        env.pin("old", person=guest)
    assert env.events() == [AuditEventName.REFUSED]
    assert env.pinned() == []


def pin_of_bob(until: datetime | None) -> PinnedByAnotherPerson:
    """The reason why Ann may not replace the pin."""
    return PinnedByAnotherPerson(
        Pin("old", BOB.name, "a customer runs it", until), NotAnApprover(ANN.name)
    )


@pytest.mark.parametrize(("before", "after"), [(30, 7), (None, 7), (7, 30), (7, None)])
def test_people_may_replace_their_own_pins(
    before: float | None, after: float | None, env: StoreEnv
) -> None:
    env.pin("old", days=before)
    env.pin("old", days=after)
    (kept,) = env.store.pins(HERE.uri)
    assert kept.pin.until == (None if after is None else env.now + timedelta(days=after))


@pytest.mark.parametrize("days", [1, 60, None])
def test_another_persons_pin_is_not_replaced(days: float | None, env: StoreEnv) -> None:
    """The new maker could remove the pin."""
    env.rules = replace(env.rules, approvers=(BOB.name,))
    env.pin("old", person=BOB, days=30)
    with refused(pin_of_bob(env.now + timedelta(days=30))):
        env.pin("free", "old", days=days)
    assert env.last_event().event is AuditEventName.REFUSED
    (kept,) = env.store.pins(HERE.uri)
    assert kept.pin.by == BOB.name


def test_an_approver_may_replace_a_pin(env: StoreEnv) -> None:
    env.rules = replace(env.rules, approvers=(ANN.name,))
    env.pin("old", person=BOB, days=30)
    env.pin("old", person=ANN, days=1)
    assert [each.pin.by for each in env.store.pins(HERE.uri)] == [ANN.name]


def test_everyone_may_replace_an_expired_pin(env: StoreEnv) -> None:
    env.rules = replace(env.rules, approvers=(BOB.name,))
    env.pin("old", person=BOB, days=1)
    env.now += timedelta(days=1)
    env.pin("old", person=ANN)
    assert [each.pin.by for each in env.store.pins(HERE.uri)] == [ANN.name]


def test_another_pin_at_the_same_time(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.pin("older", person=BOB, store=env.theirs)
    after = env.pin("old").plan
    assert after
    assert after.version == 3
    assert env.to_delete(after) == []
    assert env.events().count(AuditEventName.PINNED) == 2
    assert plan.id == after.id


def test_the_version_is_replaced_during_the_read(env: StoreEnv) -> None:
    """The version had no approval, so the store does not keep it. The pin makes the next one."""
    plan = env.proposed()
    env.store.before_next["content"] = lambda: env.pin("older", person=BOB, store=env.theirs)
    after = env.pin("old").plan
    assert after
    assert (after.id, after.version) == (plan.id, 3)
    assert env.to_delete(after) == []


def test_the_replaced_pin_is_removed_at_the_same_time(env: StoreEnv) -> None:
    env.pin("old", days=1)
    env.store.before_next["commit"] = lambda: env.pins(env.theirs).unpin(HERE, ["old"], BOB)
    env.pin("old", days=2)
    (kept,) = env.store.pins(HERE.uri)
    assert kept.pin.until == env.now + timedelta(days=2)


def test_another_person_makes_the_same_pin_at_the_same_time(env: StoreEnv) -> None:
    """Without a plan, only the pin itself shows the conflict."""
    env.rules = replace(env.rules, approvers=(BOB.name,))
    env.store.before_next["commit"] = lambda: env.pin("old", person=BOB, store=env.theirs)
    with refused(pin_of_bob(until=None)):
        env.pin("old", "free")
    (kept,) = env.store.pins(HERE.uri)
    assert (kept.pin.pin, kept.pin.by) == ("old", BOB.name)


def test_the_same_person_makes_the_same_pin_twice_at_once(env: StoreEnv) -> None:
    env.store.before_next["commit"] = lambda: env.pin("old", days=30, store=env.theirs)
    env.pin("old", days=60)
    (kept,) = env.store.pins(HERE.uri)
    assert kept.pin.until == env.now + timedelta(days=60)


def test_a_plan_is_proposed_at_the_same_time(env: StoreEnv) -> None:
    env.store.before_next["commit"] = env.proposed
    after = env.pin("old").plan
    assert after
    assert after.version == 2
    assert env.to_delete(after) == ["older"]


def test_a_plan_at_the_same_time_that_the_pin_does_not_change(env: StoreEnv) -> None:
    env.store.before_next["commit"] = lambda: env.proposed(content("new", "old", newest=2))
    after = env.pin("other").plan
    assert after
    assert after.version == 1


def test_catching_up_during_another_pin(env: StoreEnv) -> None:
    env.pin("old")
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.pin("older", person=BOB, store=env.theirs)
    found = catch_up(env.store, env.clock, HERE, ANN, TERMS)
    assert found
    assert (found.record.id, found.record.version) == (plan.id, 3)
    assert env.to_delete(found.record) == []
