"""Plans that a user may approve together."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.digests import PlanSelection
from bot.core.plan import ImageGroupCounts, PlanState
from bot.core.plan_choices import (
    ChoiceTotals,
    ChoosablePlan,
    PlanOffer,
    PlanWarning,
    RefusedPlan,
    can_be_stopped,
    found_by_name,
    is_approved_in,
    without_warnings,
)
from bot.core.records import Approval, PlanRecord
from bot.core.refusal_reasons import OutdatedVersion
from tests.store.support import HERE, record
from tests.support import NOW

FINE = ImageGroupCounts(10, 4, 0)
SELECTION = PlanSelection("s1", "d1", "U1", NOW, {"a": 1}, NOW, frozenset("a"))


def plan(id_: str = "a", name: str = "team/api", **facts: object) -> PlanRecord:
    made = record(replace(HERE, name=name), image_groups=FINE, **facts)
    return replace(made, id=id_)


def choice(id_: str = "a", images: ImageGroupCounts = FINE) -> ChoosablePlan:
    return ChoosablePlan(replace(plan(id_), image_groups=images), images, 2.5)


@pytest.mark.parametrize(
    ("images", "warnings"),
    [
        (FINE, ()),
        (FINE._replace(recent_pulls=1), (PlanWarning.RECENT_PULLS,)),
        (FINE._replace(forgotten=1), (PlanWarning.FORGOTTEN,)),
        (
            FINE._replace(recent_pulls=1, forgotten=1),
            (PlanWarning.RECENT_PULLS, PlanWarning.FORGOTTEN),
        ),
    ],
)
def test_warnings(images: ImageGroupCounts, warnings: tuple[PlanWarning, ...]) -> None:
    assert choice(images=images).warnings == warnings


def test_a_plan_of_an_earlier_version_of_the_bot() -> None:
    old = replace(plan(), image_groups=None)
    assert ChoosablePlan(old, FINE, 1.0).warnings == (PlanWarning.UNKNOWN,)


def test_all_without_warnings() -> None:
    """Includes plans of the selection that changed: the user may have meant them."""
    pulled = choice("b", FINE._replace(recent_pulls=2))
    changed = RefusedPlan(plan("c"), OutdatedVersion(2, 1))
    never_offered = RefusedPlan(plan("d"), OutdatedVersion(2, 1))
    offer = PlanOffer((choice(), pulled), (changed, never_offered))
    selection = replace(SELECTION, versions={"a": 1, "b": 1, "c": 1})
    assert without_warnings(offer, selection) == {"a", "c"}
    assert offer.only(["a", "d"]) == PlanOffer((choice(),), (never_offered,))


def test_totals() -> None:
    assert ChoiceTotals.of([choice(), choice("b")]) == (2, 8, 5.0)
    assert ChoiceTotals.of([]) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["lib/web", "web/b", "web", "web/a", "x"]),
        ("web", ["web", "web/b", "web/a", "lib/web"]),
        (" WEB/", ["web/b", "web/a"]),
        ("y", []),
    ],
)
def test_search(typed: str, found: list[str]) -> None:
    plans = [plan(name=name) for name in ("lib/web", "web/b", "web", "web/a", "x")]
    assert [each.repository.name for each in found_by_name(plans, typed)] == found


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"by": "U2"}, False),
        ({"version": 2}, False),
        ({"at": NOW - timedelta(seconds=1)}, False),
    ],
)
def test_whether_an_approval_is_of_the_selection(
    changes: dict[str, object], *, counts: bool
) -> None:
    approval = replace(Approval("U1", NOW, 1), **changes)  # type: ignore[arg-type]
    approved = plan(approvals=(approval,), version=approval.version)
    assert is_approved_in(approved, SELECTION) is counts


def test_selections_that_approved_nothing() -> None:
    approved = plan(approvals=(Approval("U1", NOW, 1),))
    assert not is_approved_in(approved, replace(SELECTION, submitted_at=None))
    assert not is_approved_in(approved, replace(SELECTION, approved=frozenset()))


def test_what_can_be_stopped() -> None:
    stoppable = {state for state in PlanState if can_be_stopped(plan(state=state))}
    assert stoppable == {PlanState.APPROVED, PlanState.EXECUTING}
    assert not can_be_stopped(plan(state=PlanState.EXECUTING, stop_asked_by="U2"))
