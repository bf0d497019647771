"""Who did what, and when, with the digests that each deed was about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.records import Event, EventName

if TYPE_CHECKING:
    from bot.store.store import Store


_ABOUT_A_WHOLE_VERSION = (EventName.PROPOSED, EventName.APPROVED)


def audit(store: "Store", since: datetime | None = None) -> Iterator[Event]:
    """Oldest first. What was to be deleted is stored once with its version, and not again with
    everybody who approved it."""
    return (_with_digests(store, event) for event in store.events(since))


def _with_digests(store: "Store", event: Event) -> Event:
    if event.event not in _ABOUT_A_WHOLE_VERSION or event.digests:
        return event
    if event.plan is None or event.version is None:
        return event
    return replace(event, digests=tuple(store.deletions(event.plan, event.version)))
