"""Helpers that create plan records."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.plan import PlanState
from bot.core.records import Approval, PlanRecord
from tests.core.strategies import REPOSITORY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def record(**changes: Any) -> PlanRecord:
    """Version 2 of a plan that deletes 40 of 100 manifests and can be approved."""
    facts: dict[str, Any] = {
        "id": "p1",
        "repository": REPOSITORY,
        "version": 2,
        "state": PlanState.PROPOSED,
        "hash": "ab12",
        "complete": True,
        "checked": True,
        "manifests": 100,
        "deletions": 40,
        "freed_bytes": 1000,
        "proposed_at": NOON,
        "expires_at": NOON + timedelta(days=7),
        "revision": 5,
    }
    return PlanRecord(**(facts | changes))


def consent(by: str, version: int = 2, at: datetime = NOON) -> Approval:
    return Approval(by, at, version)
