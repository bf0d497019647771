"""Who has a run or a job, and for how long the worker may be certain of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from bot.core.errors import ServiceError
from bot.core.plan_transitions import started, taken_over
from bot.core.records import PlanRecord, PlanRun, StoreChange
from bot.usecases.deletion.lease import (
    JOB_LEASE,
    LEASE_MARGIN,
    RUN_LEASE,
    Lease,
    LeaseLostError,
    lease_of_job,
    lease_of_run,
)
from tests.usecases.site import HERE, THERE, Site, WatchedStore

AT_ONCE = timedelta(microseconds=1)


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """Being carried out."""
    for number in range(3):
        site.shelf.image(f"1.{number}", age=60 - number)
    before = site.approved()
    now = site.clock()
    run = PlanRun(before.id, before.version, 1, HERE, now, now + RUN_LEASE)
    after = started(before, now)
    assert site.store.commit(StoreChange((), before, after, run=run))
    return after


@pytest.fixture
def lease(site: Site, plan: PlanRecord) -> Lease:
    return lease_of_run(site.store, site.run(plan), site.clock)


def lose(site: Site, plan: PlanRecord) -> None:
    run = site.run(plan)
    mine = replace(run, attempt=2, worker=THERE)
    assert site.store.commit(StoreChange((), plan, taken_over(plan), run_before=run, run=mine))


def test_it_is_renewed(site: Site, plan: PlanRecord, lease: Lease) -> None:
    site.wait(seconds=50)
    lease.renew()
    assert site.run(plan).leased_until == site.clock() + RUN_LEASE


def test_an_expired_lease_may_be_renewed_if_no_worker_came(site: Site, lease: Lease) -> None:
    site.wait(hours=1)
    assert not lease.is_certain()
    lease.renew()
    assert lease.is_certain()


def test_the_worker_that_lost_it_learns_of_it(site: Site, plan: PlanRecord, lease: Lease) -> None:
    lose(site, plan)
    lease.expect_not_lost()
    with pytest.raises(LeaseLostError):
        lease.renew()
    with pytest.raises(LeaseLostError):
        lease.expect_not_lost()


def test_nothing_is_certain_shortly_before_its_end(site: Site, lease: Lease) -> None:
    almost = RUN_LEASE - LEASE_MARGIN
    site.wait(seconds=almost.total_seconds() - 1)
    assert lease.is_certain()
    site.wait(seconds=1)
    assert not lease.is_certain()


def test_it_is_released(site: Site, plan: PlanRecord, lease: Lease) -> None:
    site.wait(seconds=1)
    lease.release()
    assert site.run(plan).leased_until == site.clock()


@pytest.fixture
def watched(
    site: Site, plan: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[str], None]], Lease]:
    """A lease that is renewed all the time during long work."""
    monkeypatch.setattr("bot.usecases.deletion.lease.RUN_RENEWAL", AT_ONCE)

    def watch(hook: Callable[[str], None]) -> Lease:
        return lease_of_run(WatchedStore(site.store, hook), site.run(plan), site.clock)

    return watch


def test_it_is_renewed_during_long_work(
    site: Site, plan: PlanRecord, watched: Callable[[Callable[[str], None]], Lease]
) -> None:
    site.wait(seconds=40)
    renewed = Event()
    with watched(lambda name: renewed.set() if name == "after renew_run" else None).kept():
        assert renewed.wait(30)
    assert site.run(plan).leased_until == site.clock() + RUN_LEASE


@pytest.mark.parametrize("error", [ServiceError("the database is away"), LeaseLostError()])
def test_a_failure_during_long_work_is_raised_by_the_next_renewal(
    error: Exception, watched: Callable[[Callable[[str], None]], Lease]
) -> None:
    tried = Event()

    def fail(name: str) -> None:
        if name == "before renew_run":
            tried.set()
            raise error

    failing = watched(fail)
    with failing.kept():
        assert tried.wait(30)
    with pytest.raises(type(error)):
        failing.renew()


# jobs


@pytest.fixture
def job_lease(site: Site) -> Lease:
    site.store.put_job("report", {}, site.clock())
    job = site.store.take_job("here", site.clock(), JOB_LEASE)
    assert job
    return lease_of_job(site.store, job, site.clock)


def test_a_job_is_renewed(site: Site, job_lease: Lease) -> None:
    site.wait(seconds=50)
    job_lease.renew()
    site.wait(seconds=59)
    assert site.store.take_job("there", site.clock(), JOB_LEASE) is None
    site.wait(seconds=1)
    assert site.store.take_job("there", site.clock(), JOB_LEASE)
    with pytest.raises(LeaseLostError):
        job_lease.renew()


def test_a_job_is_released_after_a_delay(site: Site, job_lease: Lease) -> None:
    job_lease.release(timedelta(seconds=30))
    site.wait(seconds=29)
    assert site.store.take_job("there", site.clock(), JOB_LEASE) is None
    site.wait(seconds=1)
    assert site.store.take_job("there", site.clock(), JOB_LEASE)
