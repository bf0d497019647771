"""What all repositories hold, and what could be freed."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.estate import Estate, Holding, estate_of, holding
from bot.core.plan import PlanState
from bot.core.records import KnownRepository, LastScan
from tests.store.support import HERE, record
from tests.support import NOW


def known(stored_bytes: int | None = 100, **plan: Any) -> KnownRepository:
    made = record(**{"freed_bytes": 30, **plan})
    return KnownRepository(HERE, NOW, LastScan(made, NOW - timedelta(hours=1), stored_bytes))


NEVER_SCANNED = KnownRepository(HERE, NOW, None)


@pytest.mark.parametrize("state", [PlanState.PROPOSED, PlanState.EXECUTING, PlanState.DISMISSED])
def test_what_a_plan_would_free_could_be_saved(state: PlanState) -> None:
    assert holding(known(state=state)) == Holding(100, 30)


def test_what_was_freed_is_held_no_more() -> None:
    assert holding(known(state=PlanState.DONE)) == Holding(70, 0)
    assert holding(known(stored_bytes=20, state=PlanState.DONE)) == Holding(0, 0)


@pytest.mark.parametrize("state", [PlanState.FAILED, PlanState.STOPPED])
def test_what_is_left_of_a_plan_nobody_knows_until_the_next_look(state: PlanState) -> None:
    assert holding(known(state=state)) == Holding(70, None)


def test_what_nobody_knows() -> None:
    assert holding(NEVER_SCANNED) == Holding(None, None)
    assert holding(known(stored_bytes=None)) == Holding(None, 30)
    assert holding(known(stored_bytes=None, state=PlanState.DONE)) == Holding(None, 0)
    assert holding(known(complete=False)) == Holding(100, None)


def test_sums_are_of_what_is_known() -> None:
    every = [known(), known(state=PlanState.DONE), known(None), known(complete=False)]
    assert estate_of([*every, NEVER_SCANNED]) == Estate(5, 2, 270, 60)
    assert estate_of([]) == Estate(0, 0, 0, 0)
