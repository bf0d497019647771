"""Warnings about pins that expire, and extending pins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest

from bot.core.errors import ServiceError
from bot.core.permission_reasons import NotAnApprover
from bot.core.permissions import AwsIdentity
from bot.core.records import RepositoryPin
from bot.core.refusal_reasons import PinnedByAnotherPerson
from bot.usecases.pins import CannotExtendError, NewPins, warn_of_pins
from tests.store.support import HERE
from tests.support import NOW
from tests.usecases.store_env import ANN, BOB, CAT, StoreEnv, refused

MONTH = timedelta(days=30)


@dataclass
class WarningRecorder:
    """Records the warnings that are sent. `fails_for`: a pin whose message fails."""

    told: list[str] = field(default_factory=list)
    messages: int = 0
    fails_for: str | None = None

    def __call__(self, pins: Sequence[RepositoryPin]) -> None:
        names = [each.pin.pin for each in pins]
        if self.fails_for in names:
            raise ServiceError("Slack refused the message")
        self.told += names
        self.messages += 1


@pytest.fixture
def recorder() -> WarningRecorder:
    return WarningRecorder()


@pytest.fixture
def warn(env: StoreEnv, recorder: WarningRecorder) -> Callable[[], None]:
    return partial(warn_of_pins, env.store, env.clock, recorder)


def test_a_warning_comes_once_a_day_before(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    env.pin("1.0", days=3)
    env.pin("1.1")
    warn()
    assert recorder.told == []
    env.now += timedelta(days=2)
    warn()
    warn()
    warn_of_pins(env.theirs, env.clock, recorder)
    assert recorder.told == ["1.0"]


def test_a_pin_for_one_day_gets_no_warning(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    env.pin("short", days=1)
    warn()
    assert recorder.told == []


def test_an_expired_pin_gets_no_warning(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    env.pin("1.0", days=3)
    env.now += timedelta(days=3)
    warn()
    assert recorder.told == []


def test_a_failed_warning_does_not_block_others(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    for text, person in (("a", CAT), ("b", BOB), ("c", ANN)):
        env.pin(text, days=3, person=person)
    env.now += timedelta(days=2)
    recorder.fails_for = "b"
    with pytest.raises(ServiceError, match="Slack refused the message"):
        warn()
    assert sorted(recorder.told) == ["a", "c"]
    recorder.fails_for = None
    warn()
    assert sorted(recorder.told) == ["a", "b", "c"]


def test_one_message_for_all_pins_of_a_person(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    env.pin("a", "b", "c", days=3)
    env.pin("d", days=3, person=BOB)
    env.now += timedelta(days=2)
    warn()
    assert (recorder.told, recorder.messages) == (["a", "b", "c", "d"], 2)


def test_a_few_people_per_call(
    env: StoreEnv, warn: Callable[[], None], recorder: WarningRecorder
) -> None:
    for number in range(7):
        env.pin(f"v{number}", days=3, person=replace(CAT, id=f"U{number}CAT"))
    env.now += timedelta(days=2)
    warn()
    assert recorder.messages == 5
    warn()
    assert recorder.messages == 7


def test_another_process_sends_the_warning(env: StoreEnv, recorder: WarningRecorder) -> None:
    env.pin("1.0", days=3)
    env.now += timedelta(days=2)
    (pin,) = env.store.pins(HERE.uri)
    assert env.theirs.mark_warned(pin, NOW)
    warn_of_pins(env.store, env.clock, recorder)
    assert recorder.told == []


def test_another_process_sends_a_warning_between_two(
    env: StoreEnv, recorder: WarningRecorder
) -> None:
    env.pin("a", days=3)
    env.pin("b", days=3, person=BOB)
    env.now += timedelta(days=2)

    def slowly(pins: Sequence[RepositoryPin]) -> None:
        recorder(pins)
        warn_of_pins(env.theirs, env.clock, recorder)

    warn_of_pins(env.store, env.clock, slowly)
    assert recorder.told == ["a", "b"]


def keep(env: StoreEnv, person: AwsIdentity = ANN, days: float = 3) -> NewPins:
    """Extends the pin as a person who was warned that it expires in so many days."""
    seen = NOW + timedelta(days=days)
    return env.pins().extend(HERE, "1.0", person, seen=seen, by=MONTH)


def test_the_extension_starts_at_the_old_end(env: StoreEnv) -> None:
    env.pin("1.0", days=3)
    (made,) = keep(env).pins
    assert made.until == NOW + timedelta(days=33)
    assert made.reason == "a customer runs it"


def test_an_expired_pin_is_extended_from_now(env: StoreEnv) -> None:
    env.pin("1.0", days=3)
    env.now += timedelta(days=4)
    (made,) = keep(env).pins
    assert made.until == env.now + MONTH


def test_a_pin_is_extended_once(env: StoreEnv) -> None:
    env.pin("1.0", days=3)
    keep(env)
    with pytest.raises(
        CannotExtendError, match="is pinned in team/api until 2026-12-26 12:00 UTC by now"
    ):
        keep(env)


def test_a_pin_that_changed_is_not_shortened(env: StoreEnv) -> None:
    env.pin("1.0", days=3)
    env.store.before_next["commit"] = lambda: env.pin("1.0", store=env.theirs)
    with pytest.raises(CannotExtendError, match="is pinned in team/api without end by now"):
        keep(env)
    (pin,) = env.store.pins(HERE.uri)
    assert pin.pin.until is None


def test_a_pin_that_is_gone_or_has_no_end(env: StoreEnv) -> None:
    with pytest.raises(CannotExtendError, match=r"1\.0 is not pinned in team/api any more"):
        keep(env)
    env.pin("1.0")
    with pytest.raises(CannotExtendError, match="is pinned in team/api without end"):
        keep(env)


def test_extending_another_persons_pin_needs_the_right_to_unpin(env: StoreEnv) -> None:
    env.rules = type(env.rules)((ANN.arn,), 1, 1.0, "T1", "C1")
    env.pin("1.0", days=3)
    (kept,) = env.store.pins(HERE.uri)
    with refused(PinnedByAnotherPerson(kept.pin, NotAnApprover(BOB.name))):
        keep(env, BOB)
