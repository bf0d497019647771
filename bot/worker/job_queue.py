"""Takes jobs from the store's queue, retries them, and gives up on them."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.bootstrap.processes import Shutdown
from bot.core.errors import ErrorText, ServiceError
from bot.core.records import PlanWorker, QueuedJob
from bot.core.report_schedules import JobFailure, NotDoneWithinADay, TooManyAttempts
from bot.ports import Clock
from bot.process import collect_garbage
from bot.render.errors import any_error_words, failure_words
from bot.store.store import Store
from bot.usecases.deletion.lease import JOB_LEASE, Lease, LeaseLostError, lease_of_job
from bot.usecases.deletion.run import ShutdownError
from bot.worker.job_handlers import JobHandlers

MAX_ATTEMPTS = 3
"""A job is given up after so many workers died of it, since it would end the next one, too."""

RETRIED_FOR = timedelta(days=1)
"""How long a job is retried while Slack or the database fails."""

MIN_DELAY = timedelta(seconds=15)
MAX_DELAY = timedelta(hours=1)

SECONDS_BETWEEN_JOBS = 0.5
SECONDS_AFTER_FAILURE = 15.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobWorker:
    """Takes jobs, one after another. `work` may be called by several threads. `worker`: this
    process."""

    queue: Store
    worker: PlanWorker
    handlers: JobHandlers
    clock: Clock
    shutdown: Shutdown
    debug: bool

    def work(self) -> None:
        """Handles jobs until the process shuts down."""
        while not self.shutdown.is_requested():
            try:
                pause = 0.0 if self.do_next() else SECONDS_BETWEEN_JOBS
            except Exception as error:  # noqa: BLE001 - internal errors are logged
                _log.warning("The queue waits: %s", any_error_words(error), exc_info=self.debug)
                pause = SECONDS_AFTER_FAILURE
            self.shutdown.sleep(pause)

    def do_next(self) -> bool:
        """Handles the next job. False if the queue has none. Raises RequestError or ServiceError if
        Slack or the database cannot be used."""
        self.handlers.expect_ready()
        job = self.queue.take_job(f"{self.worker.host} {self.worker.pid}", self.clock(), JOB_LEASE)
        if job is None:
            return False
        lease = lease_of_job(self.queue, job, self.clock)
        with lease.kept():
            self._do(job, lease)
        collect_garbage()
        return True

    def _do(self, job: QueuedJob, lease: Lease) -> None:
        try:
            if job.attempts > MAX_ATTEMPTS:
                self._give_up(job, TooManyAttempts(MAX_ATTEMPTS))
            else:
                self.handlers.do(job, lease)
        except ShutdownError:
            lease.release()
        except LeaseLostError:
            _log.info("Another process handles the job %s", job.id)
        except ServiceError as error:
            self._put_off(job, lease, error)
        else:
            self.queue.finish_job(job)

    def _put_off(self, job: QueuedJob, lease: Lease, error: ServiceError) -> None:
        age = self.clock() - job.made_at
        if age < RETRIED_FOR:
            delay = delay_at(age)
            _log.warning("%s; retrying in %d s", error, delay.total_seconds())
            lease.release(delay)
        else:
            self._give_up(job, NotDoneWithinADay(ErrorText.of(error)))
            self.queue.finish_job(job)

    def _give_up(self, job: QueuedJob, why: JobFailure) -> None:
        _log.error("The job %s (%s) is given up: %s", job.id, job.kind, failure_words(why))
        try:
            self.handlers.give_up(job, why)
        except Exception as error:  # noqa: BLE001 - the job is given up anyway
            words = any_error_words(error)
            _log.warning("The failure cannot be shown: %s", words, exc_info=self.debug)


def delay_at(age: timedelta) -> timedelta:
    """The delay before a job of this age is retried. The age doubles with each retry."""
    return min(max(age, MIN_DELAY), MAX_DELAY)
