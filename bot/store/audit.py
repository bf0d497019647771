"""The audit: who did what, and when. Events are only added, never changed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from bot.core.errors import ErrorText
from bot.core.records import AuditEvent, AuditEventName
from bot.store.table_base import StoreQueries, current_name, insert_all
from bot.store.tables import AuditEventRow

EVENTS_A_QUERY = 1000


class AuditQueries(StoreQueries):
    def record(self, event: AuditEvent) -> None:
        with self._database.writing() as session:
            add_events(session, [event])

    def events(self, since: datetime | None = None) -> Iterator[AuditEvent]:
        """Oldest first."""
        query = (
            select(AuditEventRow).order_by(AuditEventRow.at, AuditEventRow.id).limit(EVENTS_A_QUERY)
        )
        if since is not None:
            query = query.where(AuditEventRow.at >= since)
        place = tuple_(AuditEventRow.at, AuditEventRow.id)
        page = self._page(query)
        while page:
            yield from (event for _, event in page)
            last_id, last = page[-1]
            page = self._page(query.where(place > tuple_(last.at, last_id)))

    def plan_changes(self, plan: str, since: int) -> Sequence[AuditEvent]:
        """Proposals and pins of the plan from version `since` on, oldest first. A pin belongs to
        the version that it changed."""
        query = (
            select(AuditEventRow)
            .where(
                AuditEventRow.plan == plan,
                AuditEventRow.version >= since,
                AuditEventRow.event.in_((AuditEventName.PROPOSED, AuditEventName.PINNED)),
            )
            .order_by(AuditEventRow.id)
        )
        with self._database.reading() as session:
            return [event_of(row) for row in session.scalars(query)]

    def _page(self, query: Select[AuditEventRow]) -> Sequence[tuple[int, AuditEvent]]:
        with self._database.reading() as session:
            return [(row.id, event_of(row)) for row in session.scalars(query)]


def add_events(session: Session, events: Iterable[AuditEvent]) -> None:
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
    insert_all(session, AuditEventRow, rows)


def event_of(row: AuditEventRow) -> AuditEvent:
    return AuditEvent(
        at=row.at,
        event=AuditEventName(current_name(row.event)),
        by=row.by,
        detail=row.detail_value or ErrorText(row.detail),
        plan=row.plan,
        version=row.version,
        repository=row.repository,
        digests=tuple(row.digests),
    )
