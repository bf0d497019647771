"""A plan that is found unchanged is shown once more, and so stays open as long as a new one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.audit_details import FoundUnchanged
from bot.core.plan_state import PlanState
from bot.core.records import EventName, PlanRecord, by_itself
from bot.core.transitions import kept_open
from bot.store.changes import Change
from bot.usecases.propose import Proposal

if TYPE_CHECKING:
    from bot.store.store import Store


def keep_proposal_open(
    store: "Store", proposal: Proposal, expires_after: timedelta, now: datetime
) -> Proposal:
    """What is posted now is not to run out in a moment."""
    if proposal.is_new:
        return proposal
    kept = keep_open(store, proposal.record, now + expires_after, now)
    return replace(proposal, record=kept)


def keep_open(store: "Store", plan: PlanRecord, until: datetime, now: datetime) -> PlanRecord:
    """The plan as it stands then: if people decide on it meanwhile, it is left as it is. So it is
    once somebody approved it, so that no approval counts for longer than a plan is open."""
    while _waits_for_the_first(plan) and plan.expires_at < until:
        after = kept_open(plan, until)
        event = by_itself(plan, now, EventName.PROPOSED, FoundUnchanged(until))
        if store.commit(Change((event,), plan, after)):
            return after
        found = store.plan(plan.id)
        assert found, "plans are never removed"
        plan = found
    return plan


def _waits_for_the_first(plan: PlanRecord) -> bool:
    return plan.state is PlanState.PROPOSED and not plan.current_approvals
