"""Whether a plan still stands on the ground on which people approved it."""

from collections.abc import Iterator

from bot.core.plan import Plan
from bot.core.plan_hash import content_hash
from bot.core.records import PlanRecord


def why_not_to_go_on(approved: Plan, now: Plan) -> str | None:
    """Why nothing may be deleted by what was seen `now`; None if nothing speaks against it."""
    return "; ".join(_objections(approved, now)) or None


def is_what_people_approved(plan: PlanRecord, content: Plan) -> bool:
    """An approval that does not say what it was for is none."""
    found = content_hash(content)
    approvals = plan.current_approvals
    return bool(approvals) and all(approval.hash == found for approval in approvals)


def _objections(approved: Plan, now: Plan) -> Iterator[str]:
    yield from now.problems
    if not now.checked:
        yield "no source of usage is looked at any more"
    for source in now.usage.not_checked:
        if source not in approved.usage.not_checked:
            yield f"{source} was switched off after the plan was made"
    for place in now.deleted_also_in:
        if place not in approved.deleted_also_in:
            yield f"deletions are carried to {place} too, which people did not know"
