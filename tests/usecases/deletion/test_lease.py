"""Leases of runs and jobs, and how long a worker may rely on them."""

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
from tests.usecases.aws_env import HERE, THERE, AwsEnv, HookedStore

AT_ONCE = timedelta(microseconds=1)


@pytest.fixture
def plan(aws_env: AwsEnv) -> PlanRecord:
    """An executing plan."""
    for number in range(3):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    before = aws_env.approved()
    now = aws_env.clock()
    run = PlanRun(before.id, before.version, 1, HERE, now, now + RUN_LEASE)
    after = started(before, now)
    assert aws_env.store.commit(StoreChange((), before, after, run=run))
    return after


@pytest.fixture
def lease(aws_env: AwsEnv, plan: PlanRecord) -> Lease:
    return lease_of_run(aws_env.store, aws_env.run(plan), aws_env.clock)


def lose(aws_env: AwsEnv, plan: PlanRecord) -> None:
    run = aws_env.run(plan)
    mine = replace(run, attempt=2, worker=THERE)
    assert aws_env.store.commit(StoreChange((), plan, taken_over(plan), run_before=run, run=mine))


def test_a_lease_is_renewed(aws_env: AwsEnv, plan: PlanRecord, lease: Lease) -> None:
    aws_env.wait(seconds=50)
    lease.renew()
    assert aws_env.run(plan).leased_until == aws_env.clock() + RUN_LEASE


def test_an_expired_lease_may_be_renewed_if_no_worker_came(aws_env: AwsEnv, lease: Lease) -> None:
    aws_env.wait(hours=1)
    assert not lease.is_certain()
    lease.renew()
    assert lease.is_certain()


def test_a_lost_lease_raises(aws_env: AwsEnv, plan: PlanRecord, lease: Lease) -> None:
    lose(aws_env, plan)
    lease.expect_not_lost()
    with pytest.raises(LeaseLostError):
        lease.renew()
    with pytest.raises(LeaseLostError):
        lease.expect_not_lost()


def test_nothing_is_certain_shortly_before_its_end(aws_env: AwsEnv, lease: Lease) -> None:
    almost = RUN_LEASE - LEASE_MARGIN
    aws_env.wait(seconds=almost.total_seconds() - 1)
    assert lease.is_certain()
    aws_env.wait(seconds=1)
    assert not lease.is_certain()


def test_a_lease_is_released(aws_env: AwsEnv, plan: PlanRecord, lease: Lease) -> None:
    aws_env.wait(seconds=1)
    lease.release()
    assert aws_env.run(plan).leased_until == aws_env.clock()


@pytest.fixture
def hooked(
    aws_env: AwsEnv, plan: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[str], None]], Lease]:
    """A lease that is renewed constantly during long work."""
    monkeypatch.setattr("bot.usecases.deletion.lease.RUN_RENEWAL", AT_ONCE)

    def watch(hook: Callable[[str], None]) -> Lease:
        return lease_of_run(HookedStore(aws_env.store, hook), aws_env.run(plan), aws_env.clock)

    return watch


def test_a_lease_is_renewed_during_long_work(
    aws_env: AwsEnv, plan: PlanRecord, hooked: Callable[[Callable[[str], None]], Lease]
) -> None:
    aws_env.wait(seconds=40)
    renewed = Event()
    with hooked(lambda name: renewed.set() if name == "after renew_run" else None).kept():
        assert renewed.wait(30)
    assert aws_env.run(plan).leased_until == aws_env.clock() + RUN_LEASE


@pytest.mark.parametrize("error", [ServiceError("the database is away"), LeaseLostError()])
def test_a_failure_during_long_work_is_raised_by_the_next_renewal(
    error: Exception, hooked: Callable[[Callable[[str], None]], Lease]
) -> None:
    tried = Event()

    def fail(name: str) -> None:
        if name == "before renew_run":
            tried.set()
            raise error

    failing = hooked(fail)
    with failing.kept():
        assert tried.wait(30)
    with pytest.raises(type(error)):
        failing.renew()


# jobs


@pytest.fixture
def job_lease(aws_env: AwsEnv) -> Lease:
    aws_env.store.put_job("report", {}, aws_env.clock())
    job = aws_env.store.take_job("here", aws_env.clock(), JOB_LEASE)
    assert job
    return lease_of_job(aws_env.store, job, aws_env.clock)


def test_a_job_is_renewed(aws_env: AwsEnv, job_lease: Lease) -> None:
    aws_env.wait(seconds=50)
    job_lease.renew()
    aws_env.wait(seconds=59)
    assert aws_env.store.take_job("there", aws_env.clock(), JOB_LEASE) is None
    aws_env.wait(seconds=1)
    assert aws_env.store.take_job("there", aws_env.clock(), JOB_LEASE)
    with pytest.raises(LeaseLostError):
        job_lease.renew()


def test_a_job_is_released_after_a_delay(aws_env: AwsEnv, job_lease: Lease) -> None:
    job_lease.release(timedelta(seconds=30))
    aws_env.wait(seconds=29)
    assert aws_env.store.take_job("there", aws_env.clock(), JOB_LEASE) is None
    aws_env.wait(seconds=1)
    assert aws_env.store.take_job("there", aws_env.clock(), JOB_LEASE)
