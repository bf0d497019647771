"""The job queue and the scheduled reports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, union, update
from sqlalchemy.orm import Session

from bot.core.errors import ErrorText
from bot.core.records import PlanMessage, QueuedJob
from bot.core.report_schedules import (
    CATCH_UP_LIMIT,
    LISTING_TIMEOUT,
    REPORT_INTERVAL,
    REPORT_JOB,
    ROUND_TIMEOUT,
    SILENT_OUTCOMES,
    SUMMARY_JOB,
    ReportOutcome,
    ReportRound,
    RoundSummary,
    ScheduledReport,
    UnlistedRegistry,
)
from bot.core.repository import RepositoryId
from bot.sanitize import redacted
from bot.store.messages import write_message
from bot.store.table_base import StoreQueries, count_of, insert_into, insert_new
from bot.store.tables import JobRow, ReportRoundRow, ScheduledReportRow

_IS_SCHEDULED = case((JobRow.kind.in_((REPORT_JOB, SUMMARY_JOB)), 1), else_=0)

KEPT_FOR = timedelta(days=30)

NO_SUMMARY = ""

_NEEDS_SUMMARY = and_(ScheduledReportRow.outcome.is_not(None), ScheduledReportRow.line.is_(None))

_IS_UNLISTED = and_(
    ReportRoundRow.listed_at.is_(None),
    ReportRoundRow.failure.is_not(None),
    ReportRoundRow.line.is_(None),
)


class JobQueries(StoreQueries):
    def put_job(self, kind: str, payload: Mapping[str, str], not_before: datetime) -> None:
        """No worker takes the job before `not_before`."""
        with self._database.writing() as session:
            session.add(
                JobRow(
                    kind=kind,
                    payload={key: redacted(text) for key, text in payload.items()},
                    made_at=datetime.now(UTC),
                    not_before=not_before,
                )
            )

    def take_job(self, worker: str, now: datetime, lease: timedelta) -> QueuedJob | None:
        """The next job that no worker has; `worker` has it until the lease expires. Jobs that
        people asked for come first; among these, those that have been due longest.

        Two workers that ask at the same time get different jobs: SQLite lets one write at a time,
        PostgreSQL skips rows that others have locked.
        """
        is_free = or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now)
        query = (
            select(JobRow)
            .where(JobRow.not_before <= now, is_free)
            .order_by(_IS_SCHEDULED, JobRow.not_before, JobRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as session:
            row = session.scalars(query).first()
            if row is None:
                return None
            row.worker = worker
            row.leased_until = now + lease
            row.attempts += 1
            return QueuedJob(row.id, row.kind, row.payload, row.attempts, row.made_at, now + lease)

    def renew_job(self, job: QueuedJob, until: datetime) -> bool:
        """False if the lease expired and another worker took the job."""
        renewed = update(JobRow).where(_is_still(job)).values(leased_until=until)
        with self._database.writing() as session:
            return count_of(session, renewed) == 1

    def put_job_back(self, job: QueuedJob, not_before: datetime) -> bool:
        """Returns the job to the queue as if no worker had taken it. False if the lease expired and
        another worker took it.

        The job gets a new row, so that a worker that lost it cannot write to it. The new row is
        inserted first: otherwise SQLite would give it the same number.
        """
        again = JobRow(
            kind=job.kind,
            payload=dict(job.payload),
            made_at=job.made_at,
            not_before=not_before,
            attempts=job.attempts - 1,
        )
        with self._database.writing() as session:
            session.add(again)
            session.flush()
            is_ours = count_of(session, delete(JobRow).where(_is_still(job))) == 1
            if not is_ours:
                session.rollback()
            return is_ours

    def finish_job(self, job: QueuedJob) -> bool:
        """False if the lease expired and another worker took the job."""
        with self._database.writing() as session:
            return count_of(session, delete(JobRow).where(_is_still(job))) == 1

    def jobs_left(self, *kinds: str) -> int:
        """How many jobs of these kinds are not done yet, taken or not."""
        query = select(func.count()).select_from(JobRow).where(JobRow.kind.in_(kinds))
        with self._database.reading() as session:
            return session.scalars(query).one()


def _is_still(job: QueuedJob) -> ColumnElement[bool]:
    """No other worker took it after its lease expired."""
    return and_(JobRow.id == job.id, JobRow.attempts == job.attempts)


class ScheduledReportQueries(StoreQueries):
    def start_round(
        self, round_: ReportRound, registries: Iterable[str], at: datetime
    ) -> Sequence[str]:
        """The registries whose repositories were not claimed yet, here or by another process.
        `registries`: their names in the settings."""
        local, names = format_local(round_.local), list(registries)
        rows = [
            {"entry": round_.entry, "local": local, "registry_name": registry, "begun_at": at}
            for registry in names
        ]
        is_claimed = and_(_is_of(round_.entry, local), ReportRoundRow.listed_at.is_not(None))
        with self._database.writing() as session:
            insert_new(session, ReportRoundRow, rows)
            claimed = set(session.scalars(select(ReportRoundRow.registry_name).where(is_claimed)))
        return [registry for registry in names if registry not in claimed]

    def record_unlisted(self, round_: ReportRound, missed: UnlistedRegistry) -> None:
        """Records that the registry cannot be listed at the moment."""
        is_open = _is_open(round_, missed.registry)
        with self._database.writing() as session:
            session.execute(update(ReportRoundRow).where(is_open).values(failure=missed.error.text))

    def claim_reports(
        self, round_: ReportRound, registry: str, repositories: Iterable[RepositoryId], at: datetime
    ) -> bool:
        """Queues a report job for each repository that had no report at that local time,
        REPORT_INTERVAL apart. False, and nothing is written, if another process was faster."""
        listed = update(ReportRoundRow).where(_is_open(round_, registry)).values(listed_at=at)
        with self._database.writing() as session:
            if count_of(session, listed) == 0:
                return False
            _delete_before(session, at - KEPT_FOR)
            _claim(session, round_, repositories, at)
            return True

    def scheduled_report(self, repository: str, local: datetime) -> ScheduledReport | None:
        """None if no process claimed it. `repository` is a URI."""
        with self._database.reading() as session:
            row = session.get(ScheduledReportRow, (repository, format_local(local)))
            return report_of(row) if row else None

    def record_report(self, report: ScheduledReport, at: datetime) -> None:
        """Records the outcome of the report, unless it has another one than READY."""
        with self._database.writing() as session:
            _write_outcome(session, report, at)

    def record_posted_report(
        self, report: ScheduledReport, at: datetime, message: PlanMessage
    ) -> None:
        """Records the outcome of the report, and the message in which it was posted, as
        `save_message` does."""
        with self._database.writing() as session:
            write_message(session, message)
            _write_outcome(session, report, at)

    def add_reports(self, reports: Iterable[ScheduledReport], at: datetime) -> None:
        """Stores reports that no worker claimed, with their outcomes."""
        rows = [
            {
                "repository": each.repository,
                "local": format_local(each.round.local),
                "entry": each.round.entry,
                "min_saving": each.round.min_saving,
                "claimed_at": at,
                **_outcome_columns(each, at),
            }
            for each in reports
        ]
        with self._database.writing() as session:
            insert_new(session, ScheduledReportRow, rows)

    def queue_summaries(self, now: datetime) -> None:
        """Queues a summary job for each round that needs a summary and has no pending report. Each
        report and each registry is in one summary only. Reports that are retried do not hold up
        those that are ready for more than ROUND_TIMEOUT."""
        unreported = union(
            select(ScheduledReportRow.entry, ScheduledReportRow.local).where(_NEEDS_SUMMARY),
            select(ReportRoundRow.entry, ReportRoundRow.local).where(_IS_UNLISTED),
        )
        with self._database.reading() as session:
            rounds = session.execute(unreported).all()
        for entry, local in rounds:
            with self._database.writing() as session:
                if not _is_pending(session, entry, local, now):
                    _queue_summary(session, entry, local, now)

    def round_summary(self, line: str) -> RoundSummary | None:
        """`line`: from the payload of the job. None if it is no longer known."""
        reports = select(ScheduledReportRow).where(ScheduledReportRow.line == line)
        missed = select(ReportRoundRow).where(ReportRoundRow.line == line)
        with self._database.reading() as session:
            rows = session.scalars(reports.order_by(ScheduledReportRow.repository))
            found = [report_of(row) for row in rows]
            places = list(session.scalars(missed.order_by(ReportRoundRow.registry_name)))
            missing = [
                UnlistedRegistry(row.registry_name, ErrorText(row.failure or "")) for row in places
            ]
            rounds = [each.round for each in found] or [_round(row) for row in places]
        return RoundSummary(rounds[0], tuple(found), tuple(missing)) if rounds else None


def format_local(local: datetime) -> str:
    """Scheduled rounds have no seconds."""
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def read_local(local: str) -> datetime:
    return datetime.fromisoformat(local)


def _is_of(entry: str, local: str) -> ColumnElement[bool]:
    return and_(ReportRoundRow.entry == entry, ReportRoundRow.local == local)


def _is_open(round_: ReportRound, registry: str) -> ColumnElement[bool]:
    is_of = _is_of(round_.entry, format_local(round_.local))
    return and_(is_of, ReportRoundRow.registry_name == registry, ReportRoundRow.listed_at.is_(None))


def _claim(
    session: Session, round_: ReportRound, repositories: Iterable[RepositoryId], at: datetime
) -> None:
    uris = sorted(repository.uri for repository in repositories)
    new = [uri for uri in uris if _is_claimed(session, uri, round_, at)]
    local = format_local(round_.local)
    session.add_all(
        _job(REPORT_JOB, {"repository": uri, "local": local}, at, number)
        for number, uri in enumerate(new)
    )


def _is_claimed(session: Session, uri: str, round_: ReportRound, at: datetime) -> bool:
    """False if it was claimed before."""
    claimed = insert_into(session, ScheduledReportRow).values(
        repository=uri,
        local=format_local(round_.local),
        entry=round_.entry,
        min_saving=round_.min_saving,
        claimed_at=at,
    )
    return count_of(session, claimed.on_conflict_do_nothing()) == 1


def _delete_before(session: Session, at: datetime) -> None:
    session.execute(delete(ScheduledReportRow).where(ScheduledReportRow.claimed_at < at))
    session.execute(delete(ReportRoundRow).where(ReportRoundRow.begun_at < at))


def _write_outcome(session: Session, report: ScheduledReport, at: datetime) -> None:
    is_it = and_(
        ScheduledReportRow.repository == report.repository,
        ScheduledReportRow.local == format_local(report.round.local),
        func.coalesce(ScheduledReportRow.outcome, ReportOutcome.READY) == ReportOutcome.READY,
    )
    values = _outcome_columns(report, at)
    session.execute(update(ScheduledReportRow).where(is_it).values(values))


def _outcome_columns(report: ScheduledReport, at: datetime) -> dict[str, Any]:
    return {
        "outcome": report.outcome,
        "usd": report.usd,
        "error_value": report.error,
        "line": NO_SUMMARY if report.outcome in SILENT_OUTCOMES else None,
        "plan": report.plan,
        "settled_at": at,
    }


def _is_pending(session: Session, entry: str, local: str, now: datetime) -> bool:
    is_in_round = and_(ScheduledReportRow.entry == entry, ScheduledReportRow.local == local)
    is_unsettled = and_(
        is_in_round,
        ScheduledReportRow.outcome.is_(None),
        ScheduledReportRow.claimed_at > now - CATCH_UP_LIMIT,
    )
    is_ready = and_(is_in_round, ScheduledReportRow.outcome == ReportOutcome.READY)
    is_recent = and_(is_in_round, ScheduledReportRow.settled_at > now - ROUND_TIMEOUT)
    is_unlisted = and_(
        _is_of(entry, local),
        ReportRoundRow.listed_at.is_(None),
        ReportRoundRow.begun_at > now - LISTING_TIMEOUT,
    )
    is_stuck = and_(exists().where(is_ready), ~exists().where(is_recent))
    is_waiting = and_(exists().where(is_unsettled), ~is_stuck)
    return bool(session.scalar(select(or_(is_waiting, exists().where(is_unlisted)))))


def _queue_summary(session: Session, entry: str, local: str, now: datetime) -> None:
    """Does nothing if another process was faster."""
    line = uuid4().hex
    is_ours = and_(ScheduledReportRow.entry == entry, ScheduledReportRow.local == local)
    reported = update(ScheduledReportRow).where(is_ours, _NEEDS_SUMMARY).values(line=line)
    missed = update(ReportRoundRow).where(_is_of(entry, local), _IS_UNLISTED).values(line=line)
    if count_of(session, reported) + count_of(session, missed):
        session.add(_job(SUMMARY_JOB, {"line": line}, now))


def _job(kind: str, payload: dict[str, str], now: datetime, number: int = 0) -> JobRow:
    not_before = now + number * REPORT_INTERVAL
    return JobRow(kind=kind, payload=payload, made_at=now, not_before=not_before)


def _round(row: ReportRoundRow) -> ReportRound:
    """The round of a registry whose repositories are unknown."""
    return ReportRound(row.entry, read_local(row.local), 0.0)


def report_of(row: ScheduledReportRow) -> ScheduledReport:
    return ScheduledReport(
        repository=row.repository,
        round=ReportRound(row.entry, read_local(row.local), row.min_saving),
        outcome=ReportOutcome(row.outcome) if row.outcome else None,
        usd=row.usd,
        error=row.error_value or (ErrorText(row.detail) if row.detail else None),
        plan=row.plan,
    )
