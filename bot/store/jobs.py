"""The work queue."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update

from bot.core.records import Job
from bot.core.schedules import DUE, REST
from bot.outgoing import redacted
from bot.store.part import StorePart, count_of
from bot.store.tables import JobRow

_COMES_BY_ITSELF = case((JobRow.kind.in_((DUE, REST)), 1), else_=0)


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
