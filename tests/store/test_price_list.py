"""What AWS's price list said about each Region."""

from datetime import timedelta

from bot.core.prices import PriceListProblem, PriceReading
from bot.core.repository import RegistryId, RepositoryId
from bot.store.store import Store
from tests.store.support import HERE, PLACE, THERE
from tests.support import NOW

LATER = NOW + timedelta(hours=1)
REFUSED = PriceListProblem.REFUSED
AWAY = RegistryId(PLACE.account, "ap-east-1")


def test_prices_are_returned_as_stored(store: Store) -> None:
    assert store.price_readings() == []
    store.save_price("us-east-1", 0.1, NOW)
    store.save_price_problem("eu-west-1", REFUSED, NOW)
    assert store.price_readings() == [
        PriceReading("eu-west-1", None, None, NOW, REFUSED),
        PriceReading("us-east-1", 0.1, NOW, NOW, None),
    ]


def test_a_failure_keeps_the_price(store: Store) -> None:
    store.save_price("eu-west-1", 0.1, NOW)
    store.save_price_problem("eu-west-1", REFUSED, LATER)
    assert store.price_readings() == [PriceReading("eu-west-1", 0.1, NOW, LATER, REFUSED)]
    store.save_price("eu-west-1", 0.2, LATER)
    assert store.price_readings() == [PriceReading("eu-west-1", 0.2, LATER, LATER, None)]


def test_regions_of_repositories(store: Store) -> None:
    away = RepositoryId(AWAY, HERE.name, f"{AWAY.account}.dkr.ecr.ap-east-1.amazonaws.com/team/api")
    store.save_repositories(PLACE, [HERE, THERE], NOW)
    store.save_repositories(AWAY, [away], NOW)
    assert store.regions_of_repositories() == ["ap-east-1", "eu-west-1"]
