"""Whether the stored approvals of a plan are enough for the process that carries it out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.authority import Decision
from bot.core.durations import duration_in_words
from bot.core.records import PlanRecord


def why_not_enough(
    plan: PlanRecord, decisions: Mapping[str, Decision], required: int
) -> str | None:
    """Why fewer people approved than this process requires; None if enough did. `decisions`: by
    approver, whether their approval counts here."""
    approvers = {each.by for each in plan.current_approvals}
    refused = [decisions[by].reason for by in sorted(approvers) if not decisions[by].granted]
    counted = len(approvers) - len(refused)
    if counted >= required:
        return None
    needed = "1 approval" if required == 1 else f"{required} approvals"
    why = "".join(f"; {reason}" for reason in refused)
    return f"it needs {needed}, and {counted} of {len(approvers)} count here{why}"


def why_too_early(plan: PlanRecord, undo_window: timedelta, begins_at: datetime) -> str | None:
    """Why the undo window of this process is not over when the deletion begins; None if it is."""
    approved_at = max((each.at for each in plan.current_approvals), default=begins_at)
    waited = max(begins_at - approved_at, timedelta(0))
    if waited >= undo_window:
        return None
    return (
        f"the undo window here is {duration_in_words(undo_window)}, and the last approval was "
        f"{duration_in_words(waited)} before"
    )
