"""Whether a plan still stands on the ground on which people approved it."""

from collections.abc import Iterator

from bot.core.plan import Plan
from bot.core.plan_hash import content_hash
from bot.core.records import PlanRecord
from bot.core.start_obstacles import (
    DeletedThereToo,
    GroundChange,
    GroundChanged,
    NothingLookedAt,
    SourceSwitchedOff,
)


def why_not_to_go_on(approved: Plan, now: Plan) -> GroundChanged | None:
    """Why nothing may be deleted by what was seen `now`; None if nothing speaks against it."""
    changes = tuple(_changes(approved, now))
    return GroundChanged(changes) if changes else None


def is_what_people_approved(plan: PlanRecord, content: Plan) -> bool:
    """An approval that does not say what it was for is none."""
    found = content_hash(content)
    approvals = plan.current_approvals
    return bool(approvals) and all(approval.hash == found for approval in approvals)


def _changes(approved: Plan, now: Plan) -> Iterator[GroundChange]:
    yield from now.problems
    if not now.checked:
        yield NothingLookedAt()
    for source in now.usage.not_checked:
        if source not in approved.usage.not_checked:
            yield SourceSwitchedOff(source)
    for place in now.deleted_also_in:
        if place not in approved.deleted_also_in:
            yield DeletedThereToo(place)
