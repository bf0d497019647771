"""Repositories that registries list, and their last scans."""

from dataclasses import replace
from datetime import timedelta

from bot.core.plan import PlanState
from bot.core.records import KnownRepository, LastScan
from bot.core.repository import RegistryId, RepositoryId
from bot.store.store import Store
from tests.store.support import HERE, PLACE, THERE, approval, propose, seen
from tests.support import NOW

LATER = NOW + timedelta(hours=1)
AWAY = RegistryId("210987654321", "eu-west-1")
TWIN = RepositoryId(AWAY, HERE.name, f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/{HERE.name}")


def test_repositories_are_sorted_by_name(store: Store) -> None:
    store.save_repositories(PLACE, [THERE, HERE], NOW)
    store.save_repositories(AWAY, [TWIN], NOW)
    assert store.repositories() == [
        KnownRepository(each, NOW, None) for each in (HERE, TWIN, THERE)
    ]


def test_a_repository_that_is_listed_twice_is_stored_once(store: Store) -> None:
    store.save_repositories(PLACE, [HERE, THERE, HERE], NOW)
    assert [each.repository for each in store.repositories()] == [HERE, THERE]


def test_missing_repositories_are_deleted_by_registry(store: Store) -> None:
    store.save_repositories(PLACE, [HERE, THERE], NOW)
    store.save_repositories(AWAY, [TWIN], NOW)
    store.save_repositories(PLACE, [THERE], LATER)
    assert [each.repository for each in store.repositories()] == [TWIN, THERE]
    store.save_repositories(AWAY, [], LATER)
    assert store.repositories() == [KnownRepository(THERE, LATER, None)]


def test_repositories_are_found_by_name_and_uri(store: Store) -> None:
    store.save_repositories(PLACE, [HERE, THERE], NOW)
    store.save_repositories(AWAY, [TWIN], NOW)
    assert store.repositories_named(HERE.name) == [HERE, TWIN]
    assert store.repositories_named(THERE.uri) == [THERE]
    assert store.repositories_named("team") == []


def test_the_last_scan_is_kept_when_repositories_are_listed_again(store: Store) -> None:
    scan = LastScan(propose(store), NOW, 2**40)
    store.save_scan(HERE, scan)
    assert store.repositories() == [KnownRepository(HERE, NOW, scan)]
    store.save_repositories(PLACE, [HERE], LATER)
    assert store.repositories() == [KnownRepository(HERE, LATER, scan)]


def test_the_plan_has_its_current_state(store: Store) -> None:
    plan = propose(store)
    store.save_scan(HERE, LastScan(plan, NOW, None))
    assert store.commit(approval(plan, "ann"))
    (known,) = store.repositories()
    assert known.last_scan == LastScan(seen(store, plan.id), NOW, None)
    assert known.last_scan.plan.state is PlanState.APPROVED


def test_a_later_scan_replaces_the_last_one(store: Store) -> None:
    plan = propose(store)
    for hours, stored_bytes in ((0, 5), (1, 7)):
        at = NOW + timedelta(hours=hours)
        store.save_scan(HERE, LastScan(plan, at, stored_bytes))
    assert [each.last_scan for each in store.repositories()] == [LastScan(plan, LATER, 7)]


def test_when_a_plan_was_last_confirmed_by_a_scan(store: Store) -> None:
    plan = propose(store)
    assert store.scanned_at(plan) == NOW
    store.save_scan(HERE, LastScan(plan, NOW - timedelta(minutes=1), None))
    assert store.scanned_at(plan) == NOW, "the plan was proposed after that scan"
    store.save_scan(HERE, LastScan(plan, LATER, None))
    assert store.scanned_at(plan) == LATER
    store.save_scan(HERE, LastScan(propose(store, THERE), LATER, None))
    assert store.scanned_at(plan) == NOW, "that scan found another plan"


def test_plans_that_ended(store: Store) -> None:
    days = (3, 1, 2)
    done = [
        propose(store, state=PlanState.DONE, proposed_at=NOW - timedelta(days=each))
        for each in days
    ]
    other = propose(store, THERE, state=PlanState.EXPIRED, proposed_at=NOW)
    propose(store, THERE, state=PlanState.EXPIRED, deletions=0)
    proposed = propose(store, proposed_at=NOW + timedelta(days=1))
    newest_first = [done[1], done[2], done[0]]
    assert store.ended_plans(10) == [other, *newest_first]
    assert store.ended_plans(2, HERE) == newest_first[:2]
    assert store.executed_plans(10) == newest_first
    assert store.executed_plans(2, HERE) == newest_first[:2]
    assert store.executed_plans(10, THERE) == []
    assert store.last_plan(HERE) == proposed
    assert store.last_plan(THERE) == other
    assert store.last_plan(replace(HERE, uri="elsewhere")) is None
