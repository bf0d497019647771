"""Ends what has run out: plans that too few approved in time, and pins."""

from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.audit_details import NotCarriedOut, PinText
from bot.core.records import BY_ITSELF, Event, EventName, PlanRecord, RepositoryPin, by_itself
from bot.core.transitions import expired
from bot.store.changes import Change

if TYPE_CHECKING:
    from bot.store.store import Store


def expire(store: "Store", now: datetime) -> None:
    """Whoever is faster does it; nothing is done twice."""
    for plan in store.plans_to_expire(now):
        store.commit(expiry(plan, now))
    for pin in store.pins_over(now):
        store.commit(_end_of(pin, now))


def expiry(plan: PlanRecord, now: datetime) -> Change:
    event = by_itself(plan, now, EventName.EXPIRED, NotCarriedOut(plan.expires_at))
    return Change((event,), plan, expired(plan, now))


def _end_of(pin: RepositoryPin, now: datetime) -> Change:
    event = Event(
        at=now,
        event=EventName.PIN_EXPIRED,
        by=BY_ITSELF,
        detail=PinText(pin.pin),
        repository=pin.repository,
    )
    return Change((event,), pins_removed=(pin,))
