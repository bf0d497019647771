"""Warning people of pins that expire, and prolonging pins."""

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
from tests.usecases.scene import ANN, BOB, CAT, Scene, refused

MONTH = timedelta(days=30)


@dataclass
class Crier:
    """Somebody who tells, or cannot."""

    told: list[str] = field(default_factory=list)
    messages: int = 0
    hoarse_for: str | None = None

    def __call__(self, pins: Sequence[RepositoryPin]) -> None:
        names = [each.pin.pin for each in pins]
        if self.hoarse_for in names:
            raise ServiceError("nobody hears it")
        self.told += names
        self.messages += 1


@pytest.fixture
def crier() -> Crier:
    return Crier()


@pytest.fixture
def warn(scene: Scene, crier: Crier) -> Callable[[], None]:
    return partial(warn_of_pins, scene.store, scene.clock, crier)


def test_a_day_before_and_once(scene: Scene, warn: Callable[[], None], crier: Crier) -> None:
    scene.pin("1.0", days=3)
    scene.pin("1.1")
    warn()
    assert crier.told == []
    scene.now += timedelta(days=2)
    warn()
    warn()
    warn_of_pins(scene.theirs, scene.clock, crier)
    assert crier.told == ["1.0"]


def test_what_was_made_for_a_day_needs_no_warning(
    scene: Scene, warn: Callable[[], None], crier: Crier
) -> None:
    scene.pin("short", days=1)
    warn()
    assert crier.told == []


def test_what_is_over_is_told_by_nobody(
    scene: Scene, warn: Callable[[], None], crier: Crier
) -> None:
    scene.pin("1.0", days=3)
    scene.now += timedelta(days=3)
    warn()
    assert crier.told == []


def test_what_cannot_be_told_keeps_nothing_back(
    scene: Scene, warn: Callable[[], None], crier: Crier
) -> None:
    for text, person in (("a", CAT), ("b", BOB), ("c", ANN)):
        scene.pin(text, days=3, person=person)
    scene.now += timedelta(days=2)
    crier.hoarse_for = "b"
    with pytest.raises(ServiceError, match="nobody hears it"):
        warn()
    assert sorted(crier.told) == ["a", "c"]
    crier.hoarse_for = None
    warn()
    assert sorted(crier.told) == ["a", "b", "c"]


def test_all_of_one_person_in_one_message(
    scene: Scene, warn: Callable[[], None], crier: Crier
) -> None:
    scene.pin("a", "b", "c", days=3)
    scene.pin("d", days=3, person=BOB)
    scene.now += timedelta(days=2)
    warn()
    assert (crier.told, crier.messages) == (["a", "b", "c", "d"], 2)


def test_a_few_people_at_a_time(scene: Scene, warn: Callable[[], None], crier: Crier) -> None:
    for number in range(7):
        scene.pin(f"v{number}", days=3, person=replace(CAT, id=f"U{number}CAT"))
    scene.now += timedelta(days=2)
    warn()
    assert crier.messages == 5
    warn()
    assert crier.messages == 7


def test_what_somebody_else_tells_meanwhile(scene: Scene, crier: Crier) -> None:
    scene.pin("1.0", days=3)
    scene.now += timedelta(days=2)
    (pin,) = scene.store.pins(HERE.uri)
    assert scene.theirs.mark_warned(pin, NOW)
    warn_of_pins(scene.store, scene.clock, crier)
    assert crier.told == []


def test_what_somebody_else_tells_while_others_are_told(scene: Scene, crier: Crier) -> None:
    scene.pin("a", days=3)
    scene.pin("b", days=3, person=BOB)
    scene.now += timedelta(days=2)

    def slowly(pins: Sequence[RepositoryPin]) -> None:
        crier(pins)
        warn_of_pins(scene.theirs, scene.clock, crier)

    warn_of_pins(scene.store, scene.clock, slowly)
    assert crier.told == ["a", "b"]


def keep(scene: Scene, person: AwsIdentity = ANN, days: float = 3) -> NewPins:
    """Whoever was told that it runs out so many days from the start."""
    seen = NOW + timedelta(days=days)
    return scene.pins().extend(HERE, "1.0", person, seen=seen, by=MONTH)


def test_it_is_kept_from_when_it_would_run_out(scene: Scene) -> None:
    scene.pin("1.0", days=3)
    (made,) = keep(scene).pins
    assert made.until == NOW + timedelta(days=33)
    assert made.reason == "a customer runs it"


def test_one_that_is_over_is_kept_from_now_on(scene: Scene) -> None:
    scene.pin("1.0", days=3)
    scene.now += timedelta(days=4)
    (made,) = keep(scene).pins
    assert made.until == scene.now + MONTH


def test_it_is_kept_once(scene: Scene) -> None:
    scene.pin("1.0", days=3)
    keep(scene)
    with pytest.raises(
        CannotExtendError, match="is pinned in team/api until 2026-12-26 12:00 UTC by now"
    ):
        keep(scene)


def test_what_somebody_changes_meanwhile_is_not_shortened(scene: Scene) -> None:
    scene.pin("1.0", days=3)
    scene.store.meanwhile["commit"] = lambda: scene.pin("1.0", store=scene.theirs)
    with pytest.raises(CannotExtendError, match="is pinned in team/api without end by now"):
        keep(scene)
    (pin,) = scene.store.pins(HERE.uri)
    assert pin.pin.until is None


def test_one_that_is_gone_or_has_no_end(scene: Scene) -> None:
    with pytest.raises(CannotExtendError, match=r"1\.0 is not pinned in team/api any more"):
        keep(scene)
    scene.pin("1.0")
    with pytest.raises(CannotExtendError, match="is pinned in team/api without end"):
        keep(scene)


def test_somebody_elses_needs_the_right_to(scene: Scene) -> None:
    scene.rules = type(scene.rules)((ANN.arn,), 1, 1.0, "T1", "C1")
    scene.pin("1.0", days=3)
    (kept,) = scene.store.pins(HERE.uri)
    with refused(PinnedByAnotherPerson(kept.pin, NotAnApprover(BOB.name))):
        keep(scene, BOB)
