"""A plan that is found unchanged is shown once more, and so stays open as long as a new one."""

from datetime import datetime

from bot.core.records import BY_ITSELF, Event, EventName, PlanRecord, PlanState
from bot.core.transitions import kept_open
from bot.core.words import moment
from bot.ports import Change, Store


def keep_open(store: Store, plan: PlanRecord, until: datetime, now: datetime) -> PlanRecord:
    """The plan as it stands then: if people decide on it meanwhile, it is left as it is."""
    while plan.state is PlanState.PROPOSED and plan.expires_at < until:
        after = kept_open(plan, until)
        event = Event(
            at=now,
            event=EventName.PROPOSED,
            by=BY_ITSELF,
            detail=f"it is unchanged, and open until {moment(until)}",
            plan=plan.id,
            version=plan.version,
            repository=plan.repository.uri,
        )
        if store.commit(Change((event,), plan, after)):
            return after
        found = store.plan(plan.id)
        assert found, "plans are never removed"
        plan = found
    return plan
