"""The size of all repositories and the possible savings."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.plan import PlanState
from bot.core.prices import BYTES_PER_GB, NO_COST, GbPrice, PriceSource, RegionPrices, StorageCost
from bot.core.records import KnownRepository, LastScan
from bot.core.storage_totals import RepositoryStorage, StorageTotals, storage_of, storage_totals
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
    prices = RegionPrices(
        {
            HERE.registry.region: GbPrice(1, PriceSource.PRICE_LIST),
            "ap-east-1": GbPrice(3, PriceSource.PRICE_LIST),
        }
    )
    every = [
        known(BYTES_PER_GB),
        replace(known(BYTES_PER_GB, freed_bytes=BYTES_PER_GB), repository=elsewhere),
    ]
    totals = storage_totals(every, prices)
    assert totals.stored == StorageCost(2 * BYTES_PER_GB, 1 + 3)
    assert totals.could_free == StorageCost(BYTES_PER_GB + 30, 30 / BYTES_PER_GB + 3)
