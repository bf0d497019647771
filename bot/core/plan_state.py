"""Where a plan stands."""

from enum import StrEnum


class PlanState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


OPEN = frozenset({PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING})
"""A repository has at most one plan in these states."""

AWAITING = frozenset({PlanState.PROPOSED, PlanState.APPROVED})
"""Nothing of them was deleted yet."""

CARRIED_OUT = frozenset({PlanState.DONE, PlanState.FAILED, PlanState.STOPPED})
"""Wholly or in part."""
