"""The work queue, and the reports that come by themselves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, union, update
from sqlalchemy.orm import Session

from bot.core.errors import Sentence
from bot.core.records import Job, Message
from bot.core.repository import RepositoryId
from bot.core.schedules import (
    BETWEEN_REPORTS,
    DUE,
    MADE_UP_FOR,
    PATIENCE,
    REST,
    SILENT,
    DueOutcome,
    DueReport,
    Missed,
    Rest,
    Round,
)
from bot.sanitize import redacted
from bot.store.base import StorePart, count_of, insert_into, insert_new
from bot.store.messages import remember
from bot.store.tables import DueReportRow, DueRoundRow, JobRow

_COMES_BY_ITSELF = case((JobRow.kind.in_((DUE, REST)), 1), else_=0)

REMEMBERED_FOR = timedelta(days=30)

NOTHING_TO_TELL = ""

_IS_TO_BE_TOLD = and_(DueReportRow.outcome.is_not(None), DueReportRow.line.is_(None))

_IS_MISSED = and_(
    DueRoundRow.listed_at.is_(None), DueRoundRow.failure.is_not(None), DueRoundRow.line.is_(None)
)


class Jobs(StorePart):
    def put(self, kind: str, payload: Mapping[str, str], not_before: datetime) -> None:
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

    def take(self, worker: str, now: datetime, lease: timedelta) -> Job | None:
        """The next job that no worker has; `worker` has it until the lease expires. Jobs that
        people asked for come first; among these, those that have been due longest.

        Two workers that ask at the same time get different jobs: SQLite lets one write at a time,
        PostgreSQL skips rows that others have locked.
        """
        is_free = or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now)
        query = (
            select(JobRow)
            .where(JobRow.not_before <= now, is_free)
            .order_by(_COMES_BY_ITSELF, JobRow.not_before, JobRow.id)
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
            return Job(row.id, row.kind, row.payload, row.attempts, row.made_at, now + lease)

    def renew_job(self, job: Job, until: datetime) -> bool:
        """False if the lease expired and another worker took the job."""
        renewed = update(JobRow).where(_is_still(job)).values(leased_until=until)
        with self._database.writing() as session:
            return count_of(session, renewed) == 1

    def put_back(self, job: Job, not_before: datetime) -> bool:
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

    def done(self, job: Job) -> bool:
        """False if the lease expired and another worker took the job."""
        with self._database.writing() as session:
            return count_of(session, delete(JobRow).where(_is_still(job))) == 1

    def jobs_left(self, *kinds: str) -> int:
        """How many jobs of these kinds are not done yet, taken or not."""
        query = select(func.count()).select_from(JobRow).where(JobRow.kind.in_(kinds))
        with self._database.reading() as session:
            return session.scalars(query).one()


def _is_still(job: Job) -> ColumnElement[bool]:
    """Nobody took it after its lease ran out."""
    return and_(JobRow.id == job.id, JobRow.attempts == job.attempts)


class DueReports(StorePart):
    def begin_round(self, round_: Round, registries: Iterable[str], at: datetime) -> Sequence[str]:
        """The registries whose repositories were not claimed yet, here or by another process.
        `registries`: their names in the settings."""
        local, names = written(round_.local), list(registries)
        rows = [
            {"entry": round_.entry, "local": local, "registry_name": registry, "begun_at": at}
            for registry in names
        ]
        is_claimed = and_(_is_of(round_.entry, local), DueRoundRow.listed_at.is_not(None))
        with self._database.writing() as session:
            insert_new(session, DueRoundRow, rows)
            claimed = set(session.scalars(select(DueRoundRow.registry_name).where(is_claimed)))
        return [registry for registry in names if registry not in claimed]

    def miss(self, round_: Round, missed: Missed) -> None:
        """Records that the registry cannot be listed at the moment."""
        is_open = _is_open(round_, missed.registry)
        with self._database.writing() as session:
            session.execute(update(DueRoundRow).where(is_open).values(failure=missed.error.text))

    def claim(
        self, round_: Round, registry: str, repositories: Iterable[RepositoryId], at: datetime
    ) -> bool:
        """Queues a job of the kind `due`, one second after the other, for each repository that had
        no report at that local time. False, and nothing is written, if another process was
        faster."""
        listed = update(DueRoundRow).where(_is_open(round_, registry)).values(listed_at=at)
        with self._database.writing() as session:
            if count_of(session, listed) == 0:
                return False
            _forget_before(session, at - REMEMBERED_FOR)
            uris = sorted(repository.uri for repository in repositories)
            new = [uri for uri in uris if _is_claimed(session, uri, round_, at)]
            session.add_all(
                _job(DUE, {"repository": uri, "local": written(round_.local)}, at, number)
                for number, uri in enumerate(new)
            )
            return True

    def due_report(self, repository: str, local: datetime) -> DueReport | None:
        """None if no process claimed it. `repository` is a URI."""
        with self._database.reading() as session:
            row = session.get(DueReportRow, (repository, written(local)))
            return _report(row) if row else None

    def settle_report(self, report: DueReport) -> None:
        """Records the outcome of the report, unless it has one."""
        with self._database.writing() as session:
            _settle(session, report)

    def remember_report(self, report: DueReport, message: Message) -> None:
        """Records the outcome of the report, and the message in which it was posted, as
        `remember_message` does."""
        with self._database.writing() as session:
            remember(session, message)
            _settle(session, report)

    def gather(self, now: datetime) -> None:
        """Queues a job of the kind `rest` for each round that has something to notify and no
        pending report. Each report and each registry is in one such job only."""
        to_tell = union(
            select(DueReportRow.entry, DueReportRow.local).where(_IS_TO_BE_TOLD),
            select(DueRoundRow.entry, DueRoundRow.local).where(_IS_MISSED),
        )
        with self._database.reading() as session:
            rounds = session.execute(to_tell).all()
        for entry, local in rounds:
            with self._database.writing() as session:
                if not _is_pending(session, entry, local, now):
                    _put_line(session, entry, local, now)

    def rest(self, line: str) -> Rest | None:
        """`line`: as the job has it. None if it is not known any more."""
        reports = select(DueReportRow).where(DueReportRow.line == line)
        missed = select(DueRoundRow).where(DueRoundRow.line == line)
        with self._database.reading() as session:
            rows = session.scalars(reports.order_by(DueReportRow.repository))
            found = [_report(row) for row in rows]
            places = list(session.scalars(missed.order_by(DueRoundRow.registry_name)))
            missing = [Missed(row.registry_name, Sentence(row.failure or "")) for row in places]
            rounds = [each.round for each in found] or [_round(row) for row in places]
        return Rest(rounds[0], tuple(found), tuple(missing)) if rounds else None


def written(local: datetime) -> str:
    return local.isoformat(timespec="minutes")


def _read(local: str) -> datetime:
    return datetime.fromisoformat(local)


def _is_of(entry: str, local: str) -> ColumnElement[bool]:
    return and_(DueRoundRow.entry == entry, DueRoundRow.local == local)


def _is_open(round_: Round, registry: str) -> ColumnElement[bool]:
    is_of = _is_of(round_.entry, written(round_.local))
    return and_(is_of, DueRoundRow.registry_name == registry, DueRoundRow.listed_at.is_(None))


def _is_claimed(session: Session, uri: str, round_: Round, at: datetime) -> bool:
    """False if it was claimed before."""
    claimed = insert_into(session, DueReportRow).values(
        repository=uri,
        local=written(round_.local),
        entry=round_.entry,
        min_saving=round_.min_saving,
        claimed_at=at,
    )
    return count_of(session, claimed.on_conflict_do_nothing()) == 1


def _forget_before(session: Session, at: datetime) -> None:
    session.execute(delete(DueReportRow).where(DueReportRow.claimed_at < at))
    session.execute(delete(DueRoundRow).where(DueRoundRow.begun_at < at))


def _settle(session: Session, report: DueReport) -> None:
    is_it = and_(
        DueReportRow.repository == report.repository,
        DueReportRow.local == written(report.round.local),
        DueReportRow.outcome.is_(None),
    )
    line = NOTHING_TO_TELL if report.outcome in SILENT else None
    values = {
        "outcome": report.outcome,
        "usd": report.usd,
        "error_value": report.error,
        "line": line,
    }
    session.execute(update(DueReportRow).where(is_it).values(values))


def _is_pending(session: Session, entry: str, local: str, now: datetime) -> bool:
    is_unsettled = and_(
        DueReportRow.entry == entry,
        DueReportRow.local == local,
        DueReportRow.outcome.is_(None),
        DueReportRow.claimed_at > now - MADE_UP_FOR,
    )
    is_unlisted = and_(
        _is_of(entry, local),
        DueRoundRow.listed_at.is_(None),
        DueRoundRow.begun_at > now - PATIENCE,
    )
    either = or_(exists().where(is_unsettled), exists().where(is_unlisted))
    return bool(session.scalar(select(either)))


def _put_line(session: Session, entry: str, local: str, now: datetime) -> None:
    """Unless somebody was faster."""
    line = uuid4().hex
    is_ours = and_(DueReportRow.entry == entry, DueReportRow.local == local)
    told = update(DueReportRow).where(is_ours, _IS_TO_BE_TOLD).values(line=line)
    missed = update(DueRoundRow).where(_is_of(entry, local), _IS_MISSED).values(line=line)
    if count_of(session, told) + count_of(session, missed):
        session.add(_job(REST, {"line": line}, now))


def _job(kind: str, payload: dict[str, str], now: datetime, number: int = 0) -> JobRow:
    not_before = now + number * BETWEEN_REPORTS
    return JobRow(kind=kind, payload=payload, made_at=now, not_before=not_before)


def _round(row: DueRoundRow) -> Round:
    """Of which no repository is known."""
    return Round(row.entry, _read(row.local), 0.0)


def _report(row: DueReportRow) -> DueReport:
    return DueReport(
        repository=row.repository,
        round=Round(row.entry, _read(row.local), row.min_saving),
        outcome=DueOutcome(row.outcome) if row.outcome else None,
        usd=row.usd,
        error=row.error_value or (Sentence(row.detail) if row.detail else None),
    )
