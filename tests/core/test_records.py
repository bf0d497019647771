"""Properties of plan records and their messages."""

import pytest

from bot.core.plan import PlanState
from bot.core.records import PlanMessage
from tests.core.records import consent, record


@pytest.mark.parametrize("state", PlanState)
def test_open_states(state: PlanState) -> None:
    is_open = state in (PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING)
    assert record(state=state).is_open is is_open


def test_only_approvals_of_the_newest_version_count() -> None:
    plan = record(approvals=(consent("U1", 1), consent("U2"), consent("U3", 1)))
    assert plan.current_approvals == (consent("U2"),)


def test_the_thread_of_a_message() -> None:
    assert PlanMessage("p1", "C1", "1.5").thread_ts == "1.5"
    assert PlanMessage("p1", "C1", "2.5", thread="1.5").thread_ts == "1.5"
