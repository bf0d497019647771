"""Ends what has run out: plans that too few approved in time, and pins."""

from datetime import datetime

from bot.core.records import BY_ITSELF, Event, EventName, PlanRecord, RepositoryPin, by_itself
from bot.core.result_reasons import Sentence
from bot.core.transitions import expired
from bot.core.words import moment
from bot.ports import Change, Store


def expire(store: Store, now: datetime) -> None:
    """Whoever is faster does it; nothing is done twice."""
    for plan in store.plans_to_expire(now):
        store.commit(expiry(plan, now))
    for pin in store.pins_over(now):
        store.commit(_end_of(pin, now))


def expiry(plan: PlanRecord, now: datetime) -> Change:
    detail = f"nobody carried it out before {moment(plan.expires_at)}"
    event = by_itself(plan, now, EventName.EXPIRED, Sentence(detail))
    return Change((event,), plan, expired(plan, now))


def _end_of(pin: RepositoryPin, now: datetime) -> Change:
    event = Event(
        at=now,
        event=EventName.PIN_EXPIRED,
        by=BY_ITSELF,
        detail=Sentence(pin.pin.words),
        repository=pin.repository,
    )
    return Change((event,), pins_removed=(pin,))
