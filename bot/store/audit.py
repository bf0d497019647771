"""The audit: who did what, and when. Events are added, never changed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from bot.core.errors import Sentence
from bot.core.records import Event, EventName
from bot.store.base import StorePart, insert_all
from bot.store.tables import EventRow

EVENTS_A_QUERY = 1000


class Audit(StorePart):
    def record(self, event: Event) -> None:
        with self._database.writing() as session:
            add_events(session, [event])

    def events(self, since: datetime | None = None) -> Iterator[Event]:
        """Oldest first."""
        query = select(EventRow).order_by(EventRow.at, EventRow.id).limit(EVENTS_A_QUERY)
        if since is not None:
            query = query.where(EventRow.at >= since)
        place = tuple_(EventRow.at, EventRow.id)
        page = self._page(query)
        while page:
            yield from (event for _, event in page)
            last_id, last = page[-1]
            page = self._page(query.where(place > tuple_(last.at, last_id)))

    def _page(self, query: Select[EventRow]) -> Sequence[tuple[int, Event]]:
        with self._database.reading() as session:
            return [(row.id, event_of(row)) for row in session.scalars(query)]


def add_events(session: Session, events: Iterable[Event]) -> None:
    rows = (
        {
            "at": event.at,
            "event": event.event,
            "by": event.by,
            "detail": "",
            "detail_value": event.detail,
            "plan": event.plan,
            "version": event.version,
            "repository": event.repository,
            "digests": event.digests,
        }
        for event in events
    )
    insert_all(session, EventRow, rows)


def event_of(row: EventRow) -> Event:
    return Event(
        at=row.at,
        event=EventName(row.event),
        by=row.by,
        detail=row.detail_value or Sentence(row.detail),
        plan=row.plan,
        version=row.version,
        repository=row.repository,
        digests=tuple(row.digests),
    )
