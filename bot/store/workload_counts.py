"""How many workloads each usage source listed last, and confirmations of these numbers."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.core.records import AuditEvent
from bot.ports import DoubtedUsage, UsageConfirmation, WorkloadCount
from bot.store.audit import add_events
from bot.store.table_base import StoreQueries, count_of, insert_new, upsert
from bot.store.tables import UsageListedRow, WorkloadCountConfirmationRow


class WorkloadCountQueries(StoreQueries):
    def last_listed(self, source: str, scope: str) -> WorkloadCount | None:
        with self._database.reading() as session:
            return _believed(session, source, scope)

    def accept(self, source: str, scope: str, listed: WorkloadCount) -> None:
        with self._database.writing() as session:
            _believe(session, source, scope, listed)

    def doubt(self, doubted: DoubtedUsage) -> None:
        key = {"source": doubted.source, "scope": doubted.scope, "is_believed": False}
        before = {"before_workloads": doubted.before.workloads, "before_at": doubted.before.at}
        with self._database.writing() as session:
            upsert(session, UsageListedRow, key | doubted.listed._asdict() | before)

    def confirm(self, doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        source, scope, listed, before = doubted
        is_still_doubted = (
            UsageListedRow.source == source,
            UsageListedRow.scope == scope,
            UsageListedRow.is_believed.is_(False),
            UsageListedRow.workloads == listed.workloads,
        )
        with self._database.writing() as session:
            if not count_of(session, delete(UsageListedRow).where(*is_still_doubted)):
                return False
            _believe(session, source, scope, listed)
            if event:
                row = {
                    "source": source,
                    "scope": scope,
                    "at": event.at,
                    "by": event.by,
                    "workloads": listed.workloads,
                    "listed_at": listed.at,
                    "before_workloads": before.workloads,
                    "before_at": before.at,
                }
                insert_new(session, WorkloadCountConfirmationRow, [row])
                add_events(session, [event])
            return True

    def doubted(self) -> Sequence[DoubtedUsage]:
        query = select(UsageListedRow).where(UsageListedRow.is_believed.is_(False))
        ordered = query.order_by(UsageListedRow.source, UsageListedRow.scope)
        with self._database.reading() as session:
            return [_doubted(session, row) for row in session.scalars(ordered).all()]

    def confirmations(self, source: str, scope: str) -> Sequence[UsageConfirmation]:
        is_its_own = (
            WorkloadCountConfirmationRow.source == source,
            WorkloadCountConfirmationRow.scope == scope,
        )
        query = (
            select(WorkloadCountConfirmationRow)
            .where(*is_its_own)
            .order_by(WorkloadCountConfirmationRow.at)
        )
        with self._database.reading() as session:
            return [_confirmation(row) for row in session.scalars(query)]


def _believed(session: Session, source: str, scope: str) -> WorkloadCount | None:
    row = session.get(UsageListedRow, (source, scope, True))
    return WorkloadCount(row.workloads, row.at) if row else None


def _believe(session: Session, source: str, scope: str, listed: WorkloadCount) -> None:
    """Removes a number that needs a confirmation."""
    is_doubt = UsageListedRow.is_believed.is_(False)
    named = (UsageListedRow.source == source, UsageListedRow.scope == scope)
    session.execute(delete(UsageListedRow).where(*named, is_doubt))
    key = {"source": source, "scope": scope, "is_believed": True}
    before = {"before_workloads": None, "before_at": None}
    upsert(session, UsageListedRow, key | listed._asdict() | before)


def _doubted(session: Session, row: UsageListedRow) -> DoubtedUsage:
    """Rows of older versions have no `before_…`."""
    listed = WorkloadCount(row.workloads, row.at)
    if row.before_workloads is not None and row.before_at is not None:
        before = WorkloadCount(row.before_workloads, row.before_at)
    else:
        before = _believed(session, row.source, row.scope) or listed
    return DoubtedUsage(row.source, row.scope, listed, before)


def _confirmation(row: WorkloadCountConfirmationRow) -> UsageConfirmation:
    listed = WorkloadCount(row.workloads, row.listed_at)
    before = WorkloadCount(row.before_workloads, row.before_at)
    return UsageConfirmation(DoubtedUsage(row.source, row.scope, listed, before), row.by, row.at)
