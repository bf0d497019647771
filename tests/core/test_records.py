"""Properties of plan records."""

import pytest

from bot.core.plan import PlanState
from tests.core.records import consent, record


@pytest.mark.parametrize("state", PlanState)
def test_open_states(state: PlanState) -> None:
    is_open = state in (PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING)
    assert record(state=state).is_open is is_open


def test_only_approvals_of_the_newest_version_count() -> None:
    plan = record(approvals=(consent("U1", 1), consent("U2"), consent("U3", 1)))
    assert plan.current_approvals == (consent("U2"),)
