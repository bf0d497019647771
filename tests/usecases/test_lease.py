"""Who has a run, and for how long they may be sure of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from bot.core.errors import ServiceError
from bot.core.records import PlanRecord, Run
from bot.core.transitions import started, taken_over
from bot.store.changes import Change
from bot.usecases.lease import LENGTH, MARGIN, Lease, RunLostError
from tests.usecases.site import HERE, THERE, Site, WatchedStore

AT_ONCE = timedelta(microseconds=1)


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """Being carried out."""
    for number in range(3):
        site.shelf.image(f"1.{number}", age=60 - number)
    before = site.approved()
    now = site.clock()
    run = Run(before.id, before.version, 1, HERE, now, now + LENGTH)
    after = started(before, now)
    assert site.store.commit(Change((), before, after, run=run))
    return after


@pytest.fixture
def lease(site: Site, plan: PlanRecord) -> Lease:
    return Lease(site.store, site.run(plan), site.clock)


def lose(site: Site, plan: PlanRecord) -> None:
    run = site.run(plan)
    mine = replace(run, attempt=2, worker=THERE)
    assert site.store.commit(Change((), plan, taken_over(plan), run_before=run, run=mine))


def test_it_is_renewed(site: Site, plan: PlanRecord, lease: Lease) -> None:
    site.wait(seconds=50)
    lease.hold()
    assert site.run(plan).leased_until == site.clock() + LENGTH


def test_it_may_be_renewed_when_it_ran_out_and_nobody_came(site: Site, lease: Lease) -> None:
    site.wait(hours=1)
    assert not lease.is_sure()
    lease.hold()
    assert lease.is_sure()


def test_who_lost_it_hears_of_it(site: Site, plan: PlanRecord, lease: Lease) -> None:
    lose(site, plan)
    with pytest.raises(RunLostError):
        lease.hold()


def test_nothing_is_sure_shortly_before_its_end(site: Site, lease: Lease) -> None:
    almost = LENGTH - MARGIN
    site.wait(seconds=almost.total_seconds() - 1)
    assert lease.is_sure()
    site.wait(seconds=1)
    assert not lease.is_sure()


def test_it_is_released(site: Site, plan: PlanRecord, lease: Lease) -> None:
    site.wait(seconds=1)
    lease.release()
    assert site.run(plan).leased_until == site.clock()


def kept(lease: Lease, hook: Callable[[str], None]) -> Lease:
    return replace(lease, store=WatchedStore(lease.store, hook), beat=AT_ONCE)


def test_it_is_renewed_while_long_work_goes_on(site: Site, plan: PlanRecord, lease: Lease) -> None:
    site.wait(seconds=40)
    renewed = Event()
    with kept(lease, lambda name: renewed.set() if name == "after renew_run" else None).kept():
        assert renewed.wait(30)
    assert site.run(plan).leased_until == site.clock() + LENGTH


@pytest.mark.parametrize("error", [ServiceError("the database is away"), RunLostError()])
def test_what_goes_wrong_meanwhile_is_found_out_by_the_next_hold(
    error: Exception, lease: Lease
) -> None:
    tried = Event()

    def fail(name: str) -> None:
        if name == "before renew_run":
            tried.set()
            raise error

    failing = kept(lease, fail)
    with failing.kept():
        assert tried.wait(30)
    with pytest.raises(type(error)):
        failing.hold()
