"""Removing pins: their makers and approvers may do so."""

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
from tests.usecases.aws_env import RULES as EVERYBODY
from tests.usecases.store_env import ANN, BOB, CAT, StoreEnv, refused


def test_an_unpinned_pin_is_removed(env: StoreEnv) -> None:
    env.pin("a", "b*", "c")
    done = env.pins().unpin(HERE, ["b*", "a", "a"], ANN)
    assert [each.pin.pin for each in done] == ["b*", "a"]
    assert env.pinned() == ["c"]
    assert env.events()[-2:] == [AuditEventName.UNPINNED, AuditEventName.UNPINNED]
    assert env.last_event().detail == PinDetail(Pin("a", ANN.name, "a customer runs it"))


def test_an_open_plan_is_not_changed(env: StoreEnv) -> None:
    plan = env.proposed()
    env.pin("old")
    env.pins().unpin(HERE, ["old"], ANN)
    after = env.as_stored(plan)
    assert after.version == 2
    assert env.to_delete(after) == ["older"]


@pytest.mark.parametrize(
    ("pinned", "said"), [(("a", "b"), r"its pins are a, b"), ((), "it has no pins")]
)
def test_an_unknown_pin(pinned: tuple[str, ...], said: str, env: StoreEnv) -> None:
    if pinned:
        env.pin(*pinned)
    with pytest.raises(RequestError, match=rf"'x' is not pinned in team/api \({said}\)"):
        env.pins().unpin(HERE, [*pinned, "x"], ANN)
    assert env.pinned() == list(pinned)


def test_another_persons_pin(env: StoreEnv) -> None:
    env.rules = replace(env.rules, approvers=(BOB.name,))
    env.pin("a", person=BOB)
    env.pin("b", person=ANN)
    with refused(NotAnApprover(ANN.name)):
        env.pins().unpin(HERE, ["b", "a"], ANN)
    assert env.pinned() == ["a", "b"]
    assert env.last_event().event is AuditEventName.REFUSED
    env.pins().unpin(HERE, ["b", "a"], BOB)
    assert env.pinned() == []


def test_another_process_is_faster(env: StoreEnv) -> None:
    env.pin("a", "b")
    env.store.before_next["commit"] = lambda: env.pin("a", days=30, store=env.theirs)
    with pytest.raises(RequestError, match="Another user has just changed the pins of team/api"):
        env.pins().unpin(HERE, ["a", "b"], ANN)
    assert env.pinned() == ["a", "b"]


# removals that the settings of this process do not allow


def lenient(env: StoreEnv) -> Pins:
    """The pins of a process whose settings let everyone remove pins."""
    return replace(env.pins(), rules_of=lambda _: EVERYBODY)


@pytest.fixture
def removed(env: StoreEnv) -> StoreEnv:
    """Ann pinned `old`. Bob removed the pin, which the settings of this process do not allow."""
    env.pin("old")
    lenient(env).unpin(HERE, ["old"], BOB)
    env.rules = replace(env.rules, approvers=(CAT.name,))
    return env


def in_force(env: StoreEnv) -> list[Pin]:
    return [each.pin for each in env.pins().in_force(HERE)]


def test_a_pin_still_protects_after_a_removal_without_rights(removed: StoreEnv) -> None:
    assert removed.pinned() == []
    (found,) = in_force(removed)
    assert (found.pin, found.by) == ("old", ANN.name)
    assert found.kept_on == InvalidPinRemoval(BOB.name, NotAnApprover(BOB.name))
    removed.rules = EVERYBODY
    assert in_force(removed) == []


def test_a_removed_pin_expires_on_time(env: StoreEnv) -> None:
    env.pin("old", days=1)
    lenient(env).unpin(HERE, ["old"], BOB)
    env.rules = replace(env.rules, approvers=(CAT.name,))
    assert len(in_force(env)) == 1
    env.now += timedelta(days=1)
    assert in_force(env) == []


@pytest.mark.parametrize("person", [ANN, CAT])
def test_the_maker_and_approvers_may_remove_it_again(removed: StoreEnv, person: Person) -> None:
    done = removed.pins().unpin(HERE, ["old"], person)
    assert [each.pin.pin for each in done] == ["old"]
    assert in_force(removed) == []
    with pytest.raises(RequestError, match="is not pinned"):
        removed.pins().unpin(HERE, ["old"], person)


def test_a_process_with_other_secrets_may_remove_it(
    removed: StoreEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stored reason differs."""
    monkeypatch.setenv("PGPASSWORD", "a customer runs it")
    removed.pins().unpin(HERE, ["old"], ANN)
    assert in_force(removed) == []


def test_other_people_may_not_remove_it(removed: StoreEnv) -> None:
    with refused(NotAnApprover(BOB.name)):
        removed.pins().unpin(HERE, ["old"], BOB)
    assert len(in_force(removed)) == 1


def test_a_removed_pin_and_a_new_one_are_removed_together(removed: StoreEnv) -> None:
    removed.now += timedelta(minutes=1)
    removed.pin("old", person=ANN)
    assert len(in_force(removed)) == 2
    assert len(removed.pins().unpin(HERE, ["old"], ANN)) == 2
    assert in_force(removed) == []


def test_a_pin_replaced_by_a_shorter_one(env: StoreEnv) -> None:
    """Its maker or an approver replaced it by one that ends sooner."""
    env.pin("old", days=30)
    env.pin("old", days=1, person=BOB)
    assert len(in_force(env)) == 1
    env.rules = replace(env.rules, approvers=(CAT.name,))
    replaced_by, replaced = in_force(env)
    assert replaced_by.kept_on is None
    assert replaced.kept_on == InvalidPinRemoval(BOB.name, NotAnApprover(BOB.name))


@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_slack_cannot_identify_who_removed_it(env: StoreEnv, approvers: tuple[str, ...]) -> None:
    env.pin("old")
    lenient(env).unpin(HERE, ["old"], CAT)
    env.rules = replace(env.rules, approvers=approvers)
    env.directory.error = "Slack does not answer"
    (found,) = in_force(env)
    assert found.kept_on == InvalidPinRemoval(CAT.name, ErrorText("Slack does not answer"))
    env.directory.error = None
    env.directory.known = {CAT.id: replace(CAT, groups=frozenset({"S1"}))}
    assert in_force(env) == []
