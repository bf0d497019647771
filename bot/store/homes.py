"""Home tabs that users opened, and the last event that each shows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update

from bot.store.part import StorePart, upsert
from bot.store.tables import EventRow, HomeRow


class Homes(StorePart):
    def open_home(self, user: str, at: datetime) -> None:
        with self._database.writing() as session:
            row = {"user": user, "opened_at": at, "shown_at": None, "shown_event": None}
            upsert(session, HomeRow, row)

    def last_event_number(self) -> int:
        with self._database.reading() as session:
            return int(session.scalar(select(func.max(EventRow.id))) or 0)

    def homes_behind(
        self, opened_since: datetime, shown_before: datetime, limit: int
    ) -> Sequence[str]:
        """Users whose tab does not show the last event, those that have waited longest first. Only
        tabs that were opened since `opened_since` and not shown since `shown_before`."""
        newest = select(func.coalesce(func.max(EventRow.id), 0)).scalar_subquery()
        query = (
            select(HomeRow.user)
            .where(
                HomeRow.opened_at >= opened_since,
                or_(HomeRow.shown_at.is_(None), HomeRow.shown_at < shown_before),
                or_(HomeRow.shown_event.is_(None), HomeRow.shown_event < newest),
            )
            .order_by(HomeRow.shown_at.nulls_first(), HomeRow.user)
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def mark_home_shown(self, user: str, event_number: int | None, at: datetime) -> None:
        """`event_number`: the last event that the tab shows; None if the tab could not be shown."""
        shown = update(HomeRow).where(HomeRow.user == user)
        with self._database.writing() as session:
            session.execute(shown.values(shown_event=event_number, shown_at=at))
