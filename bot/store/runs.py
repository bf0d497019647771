"""Runs of plans: their workers, batches and results; and the pause.

A worker locks the row of its run before it writes, if it still has the run. Another worker that
takes the run over waits for that transaction.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, column, func, literal, select, update, values
from sqlalchemy.orm import Session

from bot.core.errors import ServiceError
from bot.core.plan import OPEN
from bot.core.records import (
    AuditEvent,
    DeletionBatch,
    ImageResult,
    KeptManifest,
    Pause,
    PlanRun,
    PlanWorker,
)
from bot.parallel import in_batches
from bot.sanitize import quoted
from bot.store.audit import add_events
from bot.store.slack_tables import DigestRow, PlanMessageRow
from bot.store.table_base import (
    StoreQueries,
    UtcTime,
    count_of,
    insert_all,
    insert_into,
    upsert_all,
)
from bot.store.tables import (
    DatabaseInfoRow,
    KeptManifestRow,
    PlanItemRow,
    PlanRow,
    RunBatchRow,
    RunRow,
)

_ODD_TEXT = "surrogatepass"
"""JSON may contain lone surrogates, which UTF-8 cannot encode."""

_RESULTS_AT_ONCE = 1_000
"""Per statement. Each result has four parameters, and SQLite accepts 32,766
(https://sqlite.org/limits.html)."""


class RunQueries(StoreQueries):
    """A worker that has lost a run cannot write to it."""

    def run(self, plan: str) -> PlanRun | None:
        """None if the plan was never started."""
        with self._database.reading() as session:
            row = session.get(RunRow, plan)
            return _run(row) if row else None

    def renew_run(self, run: PlanRun, until: datetime) -> bool:
        """Extends the lease to `until`, at least. False if another worker took the run over.

        A lease never gets shorter: two threads may renew it in any order.
        """
        wanted = literal(until, UtcTime())
        longer = case((RunRow.leased_until > wanted, RunRow.leased_until), else_=wanted)
        renewed = update(RunRow).where(_is_still(run)).values(leased_until=longer)
        with self._database.writing() as session:
            return count_of(session, renewed) == 1

    def release_run(self, run: PlanRun, at: datetime) -> bool:
        """From `at` on, any worker may take the run over. False if one already did."""
        released = update(RunRow).where(_is_still(run)).values(leased_until=at)
        with self._database.writing() as session:
            return count_of(session, released) == 1

    def journal(
        self, run: PlanRun, batches: Sequence[DeletionBatch], kept: Iterable[KeptManifest]
    ) -> bool:
        """Records the batches before they are sent, and the manifests that they delete. False, and
        nothing is written, if the run is lost. May be called twice with the same batches: the
        database's answer to the first call may have been lost."""
        now = datetime.now(UTC)
        rows = [_kept_row(each, run, now) for each in kept]
        with self._database.writing() as session:
            if not _lock_run(session, run):
                return False
            _add_batches(session, run, batches, now)
            upsert_all(session, KeptManifestRow, rows)
            return True

    def mark_sent(self, run: PlanRun, batch: DeletionBatch, at: datetime) -> bool:
        """Records when the batch was sent, right before the call. False, and nothing is written, if
        the run is lost."""
        is_it = and_(RunBatchRow.plan == run.plan, RunBatchRow.number == batch.number)
        with self._database.writing() as session:
            if not _lock_run(session, run):
                return False
            session.execute(update(RunBatchRow).where(is_it).values(sent_at=at))
            return True

    def unanswered(self, run: PlanRun) -> Sequence[DeletionBatch]:
        """Batches for which ECR's answer is not known, by number: those of this worker and of
        workers that had the run before. Some of them were never sent."""
        is_open = and_(RunBatchRow.plan == run.plan, RunBatchRow.answered_at.is_(None))
        query = select(RunBatchRow).where(is_open).order_by(RunBatchRow.number)
        with self._database.reading() as session:
            return [_batch(row) for row in session.scalars(query)]

    def batches_journalled(self, run: PlanRun) -> int:
        """How many batches the plan has, answered or not."""
        query = select(func.count()).select_from(RunBatchRow).where(RunBatchRow.plan == run.plan)
        with self._database.reading() as session:
            return session.scalars(query).one()

    def record_results(
        self,
        run: PlanRun,
        results: Sequence[ImageResult],
        answered: Sequence[DeletionBatch],
        events: Sequence[AuditEvent],
    ) -> bool:
        """Records the outcomes of digests, and that the batches need no further checks. False, and
        nothing is written, if the run is lost."""
        with self._database.writing() as session:
            if not _lock_run(session, run):
                return False
            _write_outcomes(session, run, results)
            _mark_answered(session, run, answered)
            add_events(session, events)
            return True

    def kept_manifest(self, repository: str, digest: str) -> KeptManifest | None:
        """The manifest as it was before its deletion. `repository` is a URI. None if no run was
        about to delete it."""
        with self._database.reading() as session:
            row = session.get(KeptManifestRow, (repository, digest))
            return kept_manifest_of(row) if row else None


def change_run(session: Session, before: PlanRun | None, after: PlanRun | None) -> bool:
    """False if another process renewed it or took it over, or, without `before`, started it."""
    if after is None:
        assert before is None, "`before` without `after`"
        return True
    if before is None:
        started = insert_into(session, RunRow).values(_columns(after)).on_conflict_do_nothing()
        return count_of(session, started) == 1
    is_as_seen = and_(_is_still(before), RunRow.leased_until == before.leased_until)
    return count_of(session, update(RunRow).where(is_as_seen).values(_columns(after))) == 1


def _is_still(run: PlanRun) -> ColumnElement[bool]:
    """No other worker took it over. A worker whose lease expired keeps the run until then."""
    return and_(RunRow.plan == run.plan, RunRow.attempt == run.attempt)


def _lock_run(session: Session, run: PlanRun) -> bool:
    """Locks the run until this transaction ends. False if another worker took it over."""
    locked = update(RunRow).where(_is_still(run)).values(attempt=run.attempt)
    return count_of(session, locked) == 1


def _add_batches(
    session: Session, run: PlanRun, batches: Sequence[DeletionBatch], now: datetime
) -> None:
    numbers = [each.number for each in batches]
    of_the_same_number = and_(RunBatchRow.plan == run.plan, RunBatchRow.number.in_(numbers))
    rows_there = session.scalars(select(RunBatchRow).where(of_the_same_number))
    there = {(row.number, tuple(row.digests)) for row in rows_there}
    rows = (
        {
            "plan": run.plan,
            "number": each.number,
            "digests": each.digests,
            "attempt": run.attempt,
            "journalled_at": now,
        }
        for each in batches
        if (each.number, each.digests) not in there
    )
    insert_all(session, RunBatchRow, rows)


def _write_outcomes(session: Session, run: PlanRun, results: Sequence[ImageResult]) -> None:
    of_the_plan = and_(PlanItemRow.plan == run.plan, PlanItemRow.version == run.version)
    columns = (
        PlanItemRow.digest,
        PlanItemRow.outcome,
        PlanItemRow.reason_value,
        PlanItemRow.is_unconfirmed,
    )
    for some in in_batches(results, _RESULTS_AT_ONCE):
        rows = [(each.digest, each.outcome, each.reason, each.is_unconfirmed) for each in some]
        became = values(*(column(c.key, c.type) for c in columns)).data(rows).cte("became").c
        settled = (
            update(PlanItemRow)
            .where(of_the_plan, PlanItemRow.digest == became.digest)
            .values(
                outcome=became.outcome,
                reason_value=became.reason_value,
                is_unconfirmed=became.is_unconfirmed,
            )
        )
        session.connection().execute(settled)


def _mark_answered(session: Session, run: PlanRun, batches: Sequence[DeletionBatch]) -> None:
    numbers = [each.number for each in batches]
    are_these = and_(RunBatchRow.plan == run.plan, RunBatchRow.number.in_(numbers))
    session.execute(update(RunBatchRow).where(are_these).values(answered_at=datetime.now(UTC)))


def _columns(run: PlanRun) -> dict[str, Any]:
    return {
        "plan": run.plan,
        "version": run.version,
        "attempt": run.attempt,
        "host": run.worker.host,
        "machine": run.worker.machine,
        "pid": run.worker.pid,
        "started": run.worker.started,
        "begun_at": run.started_at,
        "leased_until": run.leased_until,
    }


def _run(row: RunRow) -> PlanRun:
    return PlanRun(
        plan=row.plan,
        version=row.version,
        attempt=row.attempt,
        worker=PlanWorker(row.host, row.machine, row.pid, row.started),
        started_at=row.begun_at,
        leased_until=row.leased_until,
    )


def _batch(row: RunBatchRow) -> DeletionBatch:
    return DeletionBatch(row.number, tuple(row.digests), row.sent_at)


def _kept_row(kept: KeptManifest, run: PlanRun, now: datetime) -> dict[str, Any]:
    return {
        "repository": kept.repository,
        "digest": kept.digest,
        "tags": kept.tags,
        "media_type": kept.media_type,
        "text": zlib.compress(kept.text.encode(errors=_ODD_TEXT)),
        "plan": run.plan,
        "kept_at": now,
    }


def kept_manifest_of(row: KeptManifestRow) -> KeptManifest:
    try:
        text = zlib.decompress(row.text).decode(errors=_ODD_TEXT)
    except (zlib.error, UnicodeError) as error:
        raise ServiceError(
            f"The stored text of {row.digest} cannot be read ({quoted(error)}): it is damaged. "
            "Restore it from a backup of the database"
        ) from error
    return KeptManifest(row.repository, row.digest, tuple(row.tags), row.media_type, text)


class PauseQueries(StoreQueries):
    def pause(self) -> Pause | None:
        """None if runs may start."""
        with self._database.reading() as session:
            return _pause(session.scalars(select(DatabaseInfoRow)).one())

    def set_pause(self, pause: Pause | None, event: AuditEvent) -> bool:
        """While there is a pause, `commit` starts no run. None ends it. False, and nothing is
        written, if a pause is to start while there is one, or to end while there is none."""
        values = {
            "paused_by": pause.by if pause else None,
            "paused_at": pause.at if pause else None,
            "paused_why": pause.why if pause else None,
        }
        was_paused = DatabaseInfoRow.paused_by.is_not(None)
        is_new = ~was_paused if pause else was_paused
        with self._database.writing() as session:
            if not count_of(session, update(DatabaseInfoRow).where(is_new).values(values)):
                return False
            add_events(session, [event])
            _mark_messages_behind(session)
            return True


def is_paused(session: Session) -> bool:
    """Until this transaction ends, other processes cannot pause or resume."""
    row = session.scalars(select(DatabaseInfoRow).with_for_update(read=True)).one()
    return _pause(row) is not None


def _mark_messages_behind(session: Session) -> None:
    """Messages of open plans and digests show the pause, so all of them need an update."""
    open_plans = select(PlanRow.id).where(PlanRow.state.in_(OPEN))
    unknown = {"shown_revision": None, "updates": PlanMessageRow.updates + 1}
    session.execute(
        update(PlanMessageRow).where(PlanMessageRow.plan.in_(open_plans)).values(unknown)
    )
    session.execute(update(DigestRow).where(DigestRow.ts.is_not(None)).values(shown=None))


def _pause(row: DatabaseInfoRow) -> Pause | None:
    if row.paused_by is None or row.paused_at is None:
        return None
    return Pause(row.paused_by, row.paused_at, row.paused_why or "")
