"""Prices of storage, and costs in several Regions."""

from datetime import timedelta

import pytest

from bot.core.prices import (
    BYTES_PER_GB,
    NO_COST,
    GbPrice,
    PriceListProblem,
    PriceReading,
    PriceSource,
    RegionPrices,
    StorageCost,
    total_cost,
)
from bot.core.repository import RegistryId, RepositoryId
from tests.support import NOW

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
SECOND = timedelta(seconds=1)
REFUSED = PriceListProblem.REFUSED
READ = PriceReading("eu-west-1", 0.11, NOW, NOW, None)
NEVER_READ = PriceReading("us-east-1", None, None, NOW, REFUSED)
REFUSED_LATER = PriceReading("ap-south-1", 0.12, NOW - WEEK, NOW, REFUSED)
PRICES = RegionPrices.from_price_list([READ, NEVER_READ, REFUSED_LATER])


def test_the_price_in_the_settings_is_that_of_all_regions() -> None:
    prices = RegionPrices.from_settings(0.2)
    assert prices.of("eu-west-1") == prices.of("mars-1") == GbPrice(0.2, PriceSource.SETTINGS)


def test_each_region_has_its_price() -> None:
    assert PRICES.of("eu-west-1") == GbPrice(0.11, PriceSource.PRICE_LIST, NOW)


def test_without_a_price_the_default_applies_and_says_why() -> None:
    default = PriceSource.DEFAULT
    assert PRICES.of("us-east-1") == GbPrice(0.10, default, problem=REFUSED)
    assert PRICES.of("mars-1") == GbPrice(0.10, default, problem=PriceListProblem.NOT_READ)


def test_an_old_price_is_better_than_the_default() -> None:
    assert PRICES.of("ap-south-1") == GbPrice(0.12, PriceSource.PRICE_LIST, NOW - WEEK, REFUSED)


@pytest.mark.parametrize(("reading", "lasts"), [(READ, WEEK), (NEVER_READ, HOUR)])
def test_how_long_an_answer_is_current(reading: PriceReading, lasts: timedelta) -> None:
    assert reading.is_current(NOW)
    assert reading.is_current(NOW + lasts - SECOND)
    assert not reading.is_current(NOW + lasts)


def test_an_answer_from_the_future_is_not_current() -> None:
    """The clock was set back since."""
    assert not READ.is_current(NOW - SECOND)


def test_costs_of_several_regions_add_up() -> None:
    freed = {"eu-west-1": BYTES_PER_GB, "ap-south-1": 2 * BYTES_PER_GB}
    assert PRICES.total_of(freed) == StorageCost(3 * BYTES_PER_GB, 0.11 + 2 * 0.12)
    assert PRICES.total_of({}) == total_cost([]) == NO_COST


def test_a_repository_costs_the_price_of_its_region() -> None:
    place = RegistryId("123456789012", "ap-south-1")
    repository = RepositoryId(place, "a", "123456789012.dkr.ecr.ap-south-1.amazonaws.com/a")
    assert PRICES.cost_of(repository, BYTES_PER_GB // 2) == StorageCost(BYTES_PER_GB // 2, 0.06)
