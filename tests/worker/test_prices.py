"""The worker reads AWS's price list for the Regions of all known repositories."""

from collections.abc import Callable

import pytest

from bot.bootstrap.processes import Shutdown
from bot.core.prices import PriceListProblem, RegionPrices
from bot.playground.aws import AwsStandIn
from bot.playground.aws.pricing.catalog import PriceTier
from bot.settings.model import Settings
from bot.store.store import Store
from bot.worker.process import open_scheduler
from tests.support import Shelf
from tests.worker.conftest import WriteSettings

ASKED = "pricing:GetProducts"
REGISTRIES = "registries: [{region: eu-west-1}, {region: us-east-1}]"


RunAll = Callable[[Settings], None]


@pytest.fixture
def run_all(aws: AwsStandIn, own_store: Store) -> RunAll:
    """Runs each repeated task once. There are two repositories in eu-west-1, one in us-east-1."""
    Shelf(aws)
    Shelf(aws, "team/web")
    Shelf(aws, region="us-east-1")
    aws.world.price_list.set_storage("us-east-1", PriceTier("0.12"))

    def run(settings: Settings) -> None:
        scheduler = open_scheduler(settings, own_store, lambda _: None, Shutdown(), debug=False)
        for task in scheduler.get_jobs():
            task.func()

    return run


def usd(store: Store) -> dict[str, float]:
    prices = RegionPrices.from_price_list(store.price_readings())
    return {region: price.usd for region, price in prices.by_region.items()}


def test_prices_are_read_once(
    aws: AwsStandIn, own_store: Store, run_all: RunAll, write_settings: WriteSettings
) -> None:
    settings = write_settings(f"{REGISTRIES}\nprice_per_gb_month: auto")
    run_all(settings)
    run_all(settings)
    assert usd(own_store) == {"eu-west-1": 0.10, "us-east-1": 0.12}
    assert aws.world.calls.count(ASKED) == 2


def test_a_refusal_is_remembered(
    aws: AwsStandIn, own_store: Store, run_all: RunAll, write_settings: WriteSettings
) -> None:
    aws.world.deny(ASKED)
    settings = write_settings(f"{REGISTRIES}\nprice_per_gb_month: auto")
    run_all(settings)
    run_all(settings)
    assert {each.problem for each in own_store.price_readings()} == {PriceListProblem.REFUSED}
    assert aws.world.calls.count(ASKED) == 2


def test_a_price_in_the_settings_needs_no_price_list(
    aws: AwsStandIn, own_store: Store, run_all: RunAll, write_settings: WriteSettings
) -> None:
    run_all(write_settings(f"{REGISTRIES}\nprice_per_gb_month: 0.2"))
    assert usd(own_store) == {}
    assert aws.world.calls.count(ASKED) == 0
