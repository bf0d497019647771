"""How many workloads each usage source listed, and confirmations of these numbers."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from bot.core.records import AuditEvent
from bot.core.workload_counts import (
    COMPARED_FOR,
    DoubtedUsage,
    UsageConfirmation,
    WorkloadCount,
    WorkloadHistory,
)
from bot.store.audit import add_events
from bot.store.table_base import StoreQueries, count_of, insert_new, upsert
from bot.store.tables import UsageListedRow, WorkloadCountConfirmationRow
from bot.store.usage_tables import WorkloadCountRow


class WorkloadCountQueries(StoreQueries):
    def history(self, source: str, scope: str) -> WorkloadHistory:
        """Reads the confirmations last: those of another process during this call then count."""
        with self._database.reading() as session:
            return WorkloadHistory(
                recent=_recent(session, source, scope),
                last=_believed(session, source, scope),
                confirmations=_confirmations(session, source, scope),
            )

    def accept(self, source: str, scope: str, listed: WorkloadCount) -> None:
        with self._database.writing() as session:
            _believe(session, source, scope, listed)
            _add(session, source, scope, listed)

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
            _restart(session, source, scope, listed)
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


def _recent(session: Session, source: str, scope: str) -> tuple[WorkloadCount, ...]:
    row = WorkloadCountRow
    query = select(row.workloads, row.at).where(row.source == source, row.scope == scope)
    return tuple(WorkloadCount(*found) for found in session.execute(query.order_by(row.at)))


def _confirmations(session: Session, source: str, scope: str) -> tuple[UsageConfirmation, ...]:
    row = WorkloadCountConfirmationRow
    query = select(row).where(row.source == source, row.scope == scope).order_by(row.at)
    return tuple(map(_confirmation, session.scalars(query)))


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


def _add(session: Session, source: str, scope: str, listed: WorkloadCount) -> None:
    """Call it after `_believe`, whose row other processes wait for. Deletes the counts that can
    never again be the most of the last days: those that are too old, and those that `listed`
    reaches."""
    row = WorkloadCountRow
    reached = (row.at <= listed.at) & (row.workloads <= listed.workloads)
    outdated = or_(row.at < listed.at - COMPARED_FOR, reached)
    session.execute(delete(row).where(row.source == source, row.scope == scope, outdated))
    insert_new(session, row, [{"source": source, "scope": scope} | listed._asdict()])


def _restart(session: Session, source: str, scope: str, listed: WorkloadCount) -> None:
    """Deletes also counts with a later time, which are of a process whose clock was ahead."""
    row = WorkloadCountRow
    session.execute(delete(row).where(row.source == source, row.scope == scope))
    insert_new(session, row, [{"source": source, "scope": scope} | listed._asdict()])


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
