"""Takes work from the store's queue, one thing after the other."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.core.errors import ServiceError
from bot.core.job_failures import JobFailure, NotDoneInADay, TooManyAttempts
from bot.core.records import Job, Worker
from bot.core.sentence import Sentence
from bot.memory import collect_garbage
from bot.ports import Clock
from bot.render.errors import failure_words
from bot.store.store import Store
from bot.usecases.deletion.lease import JOB_LEASE, Lease, LeaseLostError, lease_of_job
from bot.usecases.deletion.run import ShutdownError
from bot.wiring import Leaving
from bot.worker.told import told

MOST_ATTEMPTS = 3
"""A job whose worker died that often would only kill the next one."""

TRIED_FOR = timedelta(days=1)
"""While Slack or the database fails."""

SHORTEST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=1)

SECONDS_BETWEEN_JOBS = 0.5
SECONDS_AFTER_FAILURE = 15.0

_log = logging.getLogger(__name__)


class Doer(Protocol):
    """Knows what to do with jobs."""

    def do(self, job: Job, lease: Lease) -> None:
        """Raises LeaseLostError, ShutdownError, and ServiceError if it is to be done again."""

    def give_up(self, job: Job, why: JobFailure) -> None:
        """Tells whoever waits for it."""


class ReadyDoer(Doer, Protocol):
    """Knows also when."""

    def expect_ready(self) -> None:
        """Raises RequestError or ServiceError if nothing can be done just now."""


@dataclass(frozen=True, slots=True)
class Hands:
    """May work in several threads."""

    queue: Store
    worker: Worker
    doer: ReadyDoer
    clock: Clock
    leaving: Leaving
    debug: bool

    def work(self) -> None:
        """Until it is told to leave."""
        while not self.leaving.is_told():
            try:
                pause = 0.0 if self.do_next() else SECONDS_BETWEEN_JOBS
            except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
                _log.warning("The queue waits: %s", told(error), exc_info=self.debug)
                pause = SECONDS_AFTER_FAILURE
            self.leaving.sleep(pause)

    def do_next(self) -> bool:
        """False if there is nothing to do."""
        self.doer.expect_ready()
        job = self.queue.take(f"{self.worker.host} {self.worker.pid}", self.clock(), JOB_LEASE)
        if job is None:
            return False
        lease = lease_of_job(self.queue, job, self.clock)
        with lease.kept():
            self._do(job, lease)
        collect_garbage()
        return True

    def _do(self, job: Job, lease: Lease) -> None:
        try:
            if job.attempts > MOST_ATTEMPTS:
                self._give_up(job, TooManyAttempts(MOST_ATTEMPTS))
            else:
                self.doer.do(job, lease)
        except ShutdownError:
            lease.release()
        except LeaseLostError:
            _log.info("The job %s is done by another process", job.id)
        except ServiceError as error:
            self._put_off(job, lease, error)
        else:
            self.queue.done(job)

    def _put_off(self, job: Job, lease: Lease, error: ServiceError) -> None:
        age = self.clock() - job.made_at
        if age < TRIED_FOR:
            delay = delay_at(age)
            _log.warning("%s; it is tried again in %d s", error, delay.total_seconds())
            lease.release(delay)
        else:
            self._give_up(job, NotDoneInADay(Sentence.of(error)))
            self.queue.done(job)

    def _give_up(self, job: Job, why: JobFailure) -> None:
        _log.error("The job %s (%s) is given up: %s", job.id, job.kind, failure_words(why))
        try:
            self.doer.give_up(job, why)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is to try for ever
            _log.warning("Nobody gets to know it: %s", told(error), exc_info=self.debug)


def delay_at(age: timedelta) -> timedelta:
    """Before a job of this age is tried again: so it grows twice as old each time."""
    return min(max(age, SHORTEST_DELAY), LONGEST_DELAY)
