"""Whether the stored approvals of a plan are enough for the process that carries it out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.authority import Decision, Granted, Refused
from bot.core.decision_reasons import TooFewApprovals, UndoWindowOpen
from bot.core.records import PlanRecord


def why_not_enough(
    plan: PlanRecord, decisions: Mapping[str, Decision], required: int
) -> TooFewApprovals | None:
    """Why fewer people approved than this process requires; None if enough did. `decisions`: by
    approver, whether their approval counts here."""
    approvers = sorted({each.by for each in plan.current_approvals})
    counted = sum(isinstance(decisions[by], Granted) for by in approvers)
    if counted >= required:
        return None
    refused = [found for by in approvers if isinstance(found := decisions[by], Refused)]
    reasons = tuple(each.reason for each in refused)
    return TooFewApprovals(required, counted, len(approvers), reasons)


def why_too_early(
    plan: PlanRecord, undo_window: timedelta, begins_at: datetime
) -> UndoWindowOpen | None:
    """Why the undo window of this process is not over when the deletion begins; None if it is."""
    approved_at = max((each.at for each in plan.current_approvals), default=begins_at)
    waited = max(begins_at - approved_at, timedelta(0))
    return None if waited >= undo_window else UndoWindowOpen(undo_window, waited)
