"""The size of all repositories and the possible savings."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.plan import PlanState
from bot.core.prices import BYTES_PER_GB, NO_COST, GbPrice, PriceSource, RegionPrices, StorageCost
from bot.core.records import KnownRepository, LastScan
from bot.core.storage_history import WEEK
from bot.core.storage_totals import (
    RepositoryStorage,
    StorageChange,
    StorageTotals,
    TotalChange,
    storage_changes,
    storage_of,
    storage_totals,
    total_change,
)
from tests.store.support import HERE, record
from tests.support import NOW, PRICE, PRICES


def known(stored_bytes: int | None = 100, **plan: Any) -> KnownRepository:
    made = record(**{"freed_bytes": 30, **plan})
    return KnownRepository(HERE, NOW, LastScan(made, NOW - timedelta(hours=1), stored_bytes))


NEVER_SCANNED = KnownRepository(HERE, NOW, None)


@pytest.mark.parametrize("state", [PlanState.PROPOSED, PlanState.EXECUTING, PlanState.DISMISSED])
def test_possible_savings_are_those_of_the_plan(state: PlanState) -> None:
    assert storage_of(known(state=state)) == RepositoryStorage(100, 30)


def test_freed_bytes_are_no_longer_stored() -> None:
    assert storage_of(known(state=PlanState.DONE)) == RepositoryStorage(70, 0)
    assert storage_of(known(stored_bytes=20, state=PlanState.DONE)) == RepositoryStorage(0, 0)


@pytest.mark.parametrize("state", [PlanState.FAILED, PlanState.STOPPED])
def test_the_rest_of_a_plan_is_unknown_until_the_next_scan(state: PlanState) -> None:
    assert storage_of(known(state=state)) == RepositoryStorage(70, None)


def test_unknown_sizes() -> None:
    assert storage_of(NEVER_SCANNED) == RepositoryStorage(None, None)
    assert storage_of(known(stored_bytes=None)) == RepositoryStorage(None, 30)
    assert storage_of(known(stored_bytes=None, state=PlanState.DONE)) == RepositoryStorage(None, 0)
    assert storage_of(known(complete=False)) == RepositoryStorage(100, None)


def test_sums_of_known_sizes() -> None:
    every = [known(), known(state=PlanState.DONE), known(None), known(complete=False)]
    assert storage_totals([*every, NEVER_SCANNED], PRICES) == StorageTotals(
        5, 2, PRICE.cost_of(270), PRICE.cost_of(60)
    )
    assert storage_totals([], PRICES) == StorageTotals(0, 0, NO_COST, NO_COST)


def test_each_repository_costs_the_price_of_its_region() -> None:
    elsewhere = replace(HERE, registry=replace(HERE.registry, region="ap-east-1"))
    listed = {
        region: GbPrice(usd, PriceSource.PRICE_LIST, NOW)
        for region, usd in {HERE.registry.region: 1, "ap-east-1": 3}.items()
    }
    prices = RegionPrices(listed, PRICE)
    every = [
        known(BYTES_PER_GB),
        replace(known(BYTES_PER_GB, freed_bytes=BYTES_PER_GB), repository=elsewhere),
    ]
    totals = storage_totals(every, prices)
    assert totals.stored == StorageCost(2 * BYTES_PER_GB, 1 + 3)
    assert totals.could_free == StorageCost(BYTES_PER_GB + 30, 30 / BYTES_PER_GB + 3)


WEEK_AGO = NOW - WEEK


def test_changes_need_a_scan_before() -> None:
    assert storage_changes([known()], {HERE.uri: 80}, WEEK_AGO) == {HERE: StorageChange(80, 100)}
    assert storage_changes([known()], {}, WEEK_AGO) == {}


def test_repositories_that_were_not_scanned_again_have_no_known_change() -> None:
    scanned = LastScan(record(freed_bytes=30, state=PlanState.PROPOSED), WEEK_AGO, 80)
    unchanged = KnownRepository(HERE, NOW, scanned)
    assert storage_changes([unchanged], {HERE.uri: 80}, WEEK_AGO) == {}
    done = replace(scanned, plan=replace(scanned.plan, state=PlanState.DONE))
    cleaned_up = replace(unchanged, last_scan=done)
    assert storage_changes([cleaned_up], {HERE.uri: 80}, WEEK_AGO) == {HERE: StorageChange(80, 50)}


def test_unknown_sizes_are_not_compared() -> None:
    assert storage_changes([known(None), NEVER_SCANNED], {HERE.uri: 80}, WEEK_AGO) == {}


def test_the_sum_of_changes() -> None:
    other = replace(HERE, name="team/web")
    changes = {HERE: StorageChange(2**32, 0), other: StorageChange(0, 2**31)}
    assert total_change(changes, PRICES) == TotalChange(2, PRICE.cost_of(-(2**31)))
    assert total_change({}, PRICES) == TotalChange(0, NO_COST)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (0, 10 * 2**20, True),
        (0, 10 * 2**20 - 1, False),
        (10**12, 10**12 - 10**10, True),
        (10**12, 10**12 - 10**9, False),
    ],
)
def test_small_changes_are_not_notable(before: int, now: int, expected: bool) -> None:  # noqa: FBT001
    assert StorageChange(before, now).is_notable is expected
