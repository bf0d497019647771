"""Leases of runs, jobs and regular scans: one worker has each, as long as it renews its lease."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.core.records import PlanRecord, PlanRun, QueuedJob, UsageScanTurn
from bot.parallel import repeat_in_background
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.store.store import Store

RUN_LEASE = timedelta(seconds=90)
"""Longer than any deletion call, so that no call is in flight when another worker takes over the
run after the lease has expired."""

LEASE_MARGIN = timedelta(seconds=30)
"""The worker sends nothing in the last part of its lease, since the clocks of two machines may
differ by this much."""

JOB_LEASE = timedelta(minutes=1)
USAGE_SCAN_LEASE = timedelta(minutes=3)

RUN_RENEWAL = timedelta(seconds=20)
JOB_RENEWAL = timedelta(seconds=15)
USAGE_SCAN_RENEWAL = timedelta(seconds=30)
"""How often the lease is renewed during long work."""


class LeaseLostError(Exception):
    """Another worker has the run, the job or the scan."""


@dataclass(frozen=True, slots=True)
class LeasedItem:
    """A run, a job or a scan with a lease. `until`: when the lease expires.

    `renew` takes the new end and returns False if another worker has the item. `release` takes the
    time from which any worker may take it.
    """

    until: datetime
    renew: Callable[[datetime], bool]
    release: Callable[[datetime], bool]


class Lease:
    """May be used by several threads."""

    def __init__(
        self, leased: LeasedItem, clock: Clock, *, length: timedelta, renewal: timedelta
    ) -> None:
        self._leased = leased
        self._clock = clock
        self._length = length
        self._renewal = renewal
        self._until = leased.until
        self._is_lost = False

    def renew(self) -> None:
        """Raises LeaseLostError if another worker has it, ServiceError if the store fails."""
        until = self._clock() + self._length
        self._is_lost = not self._leased.renew(until)
        self.expect_not_lost()
        self._until = until

    def kept(self) -> AbstractContextManager[None]:
        """Renews the lease in the background during long work, such as a scan. Ignores failures:
        the next `renew` raises them, and `expect_not_lost` raises a lost lease."""
        return repeat_in_background(
            self.renew, self._renewal, ignoring=(ServiceError, LeaseLostError)
        )

    def expect_not_lost(self) -> None:
        """Raises LeaseLostError if a renewal has found that another worker has it."""
        if self._is_lost:
            raise LeaseLostError

    def is_certain(self) -> bool:
        """Whether no other worker can have the lease, by the clock alone. False if this process was
        frozen for too long after `renew`."""
        return self._clock() < self._until - LEASE_MARGIN

    def release(self, delay: timedelta = timedelta(0)) -> None:
        """Any worker may take it after the delay."""
        self._leased.release(self._clock() + delay)


def lease_of_run(store: "Store", run: PlanRun, clock: Clock) -> Lease:
    leased = LeasedItem(
        run.leased_until, partial(store.renew_run, run), partial(store.release_run, run)
    )
    return Lease(leased, clock, length=RUN_LEASE, renewal=RUN_RENEWAL)


def lease_of_job(store: "Store", job: QueuedJob, clock: Clock) -> Lease:
    leased = LeasedItem(
        job.leased_until, partial(store.renew_job, job), partial(store.put_job_back, job)
    )
    return Lease(leased, clock, length=JOB_LEASE, renewal=JOB_RENEWAL)


def lease_of_usage_scan(store: "Store", turn: UsageScanTurn, clock: Clock) -> Lease:
    renew = partial(store.renew_usage_scan, turn)
    leased = LeasedItem(turn.leased_until, renew, release=renew)
    return Lease(leased, clock, length=USAGE_SCAN_LEASE, renewal=USAGE_SCAN_RENEWAL)


@dataclass(frozen=True, slots=True)
class LeasedRun:
    """A run that this worker has, and its store. The store refuses writes of other workers to the
    run."""

    run: PlanRun
    lease: Lease
    store: "Store"
    clock: Clock

    def plan(self) -> PlanRecord:
        """The plan as it is stored now. Raises LeaseLostError if another worker has the run, or has
        ended it."""
        plan, run = self.store.plan(self.run.plan), self.store.run(self.run.plan)
        is_mine = run is not None and run.attempt == self.run.attempt
        if plan is None or plan.state is not PlanState.EXECUTING or not is_mine:
            raise LeaseLostError
        return plan
