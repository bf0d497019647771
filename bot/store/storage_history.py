"""What repositories stored over time, and what runs freed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from bot.core.plan import EXECUTED
from bot.core.records import AuditEventName, ImageOutcome, KeptManifest, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.storage_history import RunFreed, StorageDay, StorageHistory
from bot.store.cost_tables import StorageDayRow
from bot.store.runs import kept_manifest_of
from bot.store.table_base import StoreQueries, insert_into, insert_new
from bot.store.tables import AuditEventRow, KeptManifestRow, PlanItemRow, PlanRow, RunRow

_MEASURED_COLUMNS = (
    "at",
    "is_measured",
    "manifests",
    "stored_bytes",
    "in_use_bytes",
    "freeable_bytes",
    "policy_growth",
)

_RUN_EVENTS = (AuditEventName.DELETED, AuditEventName.ENDED, AuditEventName.STOPPED)


class StorageHistoryQueries(StoreQueries):
    def save_storage_day(self, repository: RepositoryId, day: StorageDay) -> None:
        """Replaces what was stored for that day, unless that is a later scan."""
        with self._database.writing() as session:
            added = insert_into(session, StorageDayRow).values(_row(repository, day))
            unless_later = added.on_conflict_do_update(
                index_elements=[StorageDayRow.repository, StorageDayRow.day],
                set_={column: added.excluded[column] for column in _MEASURED_COLUMNS},
                where=StorageDayRow.at <= added.excluded.at,
            )
            session.execute(unless_later)

    def save_reconstructed_days(self, repository: RepositoryId, days: Iterable[StorageDay]) -> None:
        """Changes no day that is stored."""
        with self._database.writing() as session:
            insert_new(session, StorageDayRow, [_row(repository, day) for day in days])

    def storage_history(self, repository: RepositoryId) -> StorageHistory:
        uri = repository.uri
        with self._database.reading() as session:
            days = _days(session, StorageDayRow.repository == uri)
            runs = _runs(session, PlanRow.repository == uri)
        return StorageHistory(days.get(uri, ()), runs.get(uri, ()))

    def storage_histories(self, since: date) -> Mapping[str, StorageHistory]:
        """By URI, of all repositories: their days in that time, and the last one before it."""
        with self._database.reading() as session:
            days = _days(
                session, or_(StorageDayRow.day >= since, _is_last(StorageDayRow.day < since))
            )
            runs = _runs(session, true())
        return {uri: StorageHistory(every, runs.get(uri, ())) for uri, every in days.items()}

    def stored_bytes_at(self, moment: datetime) -> Mapping[str, int]:
        """By URI, of all repositories whose last scan until `moment` found their size: that size,
        without what runs freed until `moment`. As `StorageHistory.at`, in one query: reading a row
        for each day and run of 1,000 repositories would take a second."""
        with self._database.reading() as session:
            return {
                uri: max(0, stored_bytes - int(gone_bytes))
                for uri, stored_bytes, gone_bytes in session.execute(_stored_at(moment))
                if stored_bytes is not None
            }

    def deleted_manifests(self, plan: PlanRecord) -> Iterator[KeptManifest]:
        """The manifests that the plan's run deleted, as they were before."""
        was_deleted = and_(
            PlanItemRow.plan == plan.id,
            PlanItemRow.version == plan.version,
            PlanItemRow.outcome == ImageOutcome.DELETED,
        )
        query = (
            select(KeptManifestRow)
            .join(PlanItemRow, PlanItemRow.digest == KeptManifestRow.digest)
            .where(KeptManifestRow.repository == plan.repository.uri, was_deleted)
        )
        with self._database.reading() as session:
            yield from map(kept_manifest_of, session.scalars(query))


def _days(session: Session, of: ColumnElement[bool]) -> Mapping[str, Sequence[StorageDay]]:
    """By URI, oldest first."""
    query = select(*StorageDayRow.__table__.columns).where(of).order_by(StorageDayRow.at)
    found: defaultdict[str, list[StorageDay]] = defaultdict(list)
    for row in session.execute(query):
        found[row.repository].append(_day(row))
    return found


def _is_last(of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of each repository."""
    last_days = (
        select(StorageDayRow.repository, func.max(StorageDayRow.day))
        .where(of)
        .group_by(StorageDayRow.repository)
    )
    return tuple_(StorageDayRow.repository, StorageDayRow.day).in_(last_days)


def _stored_at(moment: datetime) -> Select[str, int | None, int]:
    """No scan that counts was made during a run, so a run that began later also ended later."""
    day = StorageDayRow
    runs = (
        select(
            PlanRow.repository,
            RunRow.begun_at,
            (PlanRow.freed_bytes + PlanRow.unconfirmed_bytes).label("gone_bytes"),
        )
        .join(RunRow, RunRow.plan == PlanRow.id)
        .where(PlanRow.state.in_(EXECUTED), RunRow.begun_at <= moment)
        .subquery()
    )
    is_later = and_(runs.c.repository == day.repository, runs.c.begun_at > day.at)
    return (
        select(day.repository, day.stored_bytes, func.coalesce(func.sum(runs.c.gone_bytes), 0))
        .outerjoin(runs, is_later)
        .where(_is_last(day.at <= moment), day.is_measured)
        .group_by(day.repository, day.stored_bytes)
    )


def _runs(session: Session, of: ColumnElement[bool]) -> Mapping[str, Sequence[RunFreed]]:
    """By URI, oldest first."""
    ended_at = func.coalesce(func.max(AuditEventRow.at), PlanRow.proposed_at)
    is_of_run = and_(AuditEventRow.plan == PlanRow.id, AuditEventRow.event.in_(_RUN_EVENTS))
    freed = (PlanRow.freed_bytes, PlanRow.unconfirmed_bytes)
    query = (
        select(PlanRow.repository, PlanRow.id, ended_at, *freed)
        .outerjoin(AuditEventRow, is_of_run)
        .where(PlanRow.state.in_(EXECUTED), of)
        .group_by(PlanRow.id)
        .order_by(ended_at, PlanRow.id)
    )
    found: defaultdict[str, list[RunFreed]] = defaultdict(list)
    for uri, plan, at, freed_bytes, unconfirmed_bytes in session.execute(query):
        found[uri].append(RunFreed(plan, at, freed_bytes, unconfirmed_bytes))
    return found


def _row(repository: RepositoryId, day: StorageDay) -> dict[str, Any]:
    columns = {column: getattr(day, column) for column in _MEASURED_COLUMNS}
    return {"repository": repository.uri, "day": day.at.date(), **columns}


def _day(row: Any) -> StorageDay:
    return StorageDay(**{column: getattr(row, column) for column in _MEASURED_COLUMNS})
