"""The price of storage in AWS's price list, and every answer that is none."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.aws.price_list import AwsPriceList, storage_price
from bot.aws.sessions import open_session
from bot.core.prices import PriceListFailure, PriceListProblem
from bot.playground.aws import AwsStandIn
from bot.playground.aws.faults import Fault
from bot.playground.aws.pricing.catalog import REGIONS, PriceTier, products_in

HERE = "eu-west-1"
UNREADABLE = PriceListFailure(PriceListProblem.UNREADABLE)
NOT_LISTED = PriceListFailure(PriceListProblem.NOT_LISTED)


@pytest.fixture
def price_list(environment: Path) -> AwsPriceList:
    del environment
    return AwsPriceList(open_session)


def problem(answer: float | PriceListFailure) -> PriceListProblem:
    assert isinstance(answer, PriceListFailure)
    return answer.problem


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_has_its_price(region: str, aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.price_list.set_storage(region, PriceTier("0.1234"))
    assert price_list.usd_per_gb_month(region) == 0.1234
    (call,) = aws.world.calls
    assert (call.service, call.operation, call.region) == ("pricing", "GetProducts", "us-east-1")


def test_the_first_gb_that_is_not_free_counts(aws: AwsStandIn, price_list: AwsPriceList) -> None:
    free = PriceTier("0", end="1")
    tiers = [PriceTier("0.05", begin="50"), PriceTier("0.09", begin="1", end="50"), free]
    aws.world.price_list.set_storage(HERE, *tiers)
    assert price_list.usd_per_gb_month(HERE) == 0.09


def test_a_region_without_products(aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.price_list.set_storage(HERE)
    assert price_list.usd_per_gb_month(HERE) == NOT_LISTED
    assert price_list.usd_per_gb_month("mars-north-1") == NOT_LISTED


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_other_partitions_are_not_asked(
    region: str, aws: AwsStandIn, price_list: AwsPriceList
) -> None:
    assert problem(price_list.usd_per_gb_month(region)) is PriceListProblem.OTHER_PARTITION
    assert not len(aws.world.calls)


def test_a_denied_action(aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.deny("pricing:GetProducts")
    answer = price_list.usd_per_gb_month(HERE)
    assert problem(answer) is PriceListProblem.REFUSED
    assert isinstance(answer, PriceListFailure)
    assert answer.error
    assert answer.error.text.startswith(
        "AWS refused pricing:GetProducts on the price list in us-east-1: grant that action."
    )


def test_a_denied_region(aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.deny_regions("us-east-1")
    assert problem(price_list.usd_per_gb_month(HERE)) is PriceListProblem.REFUSED


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ThrottlingException"},
        {"error": "InternalErrorException", "status": 500},
        {"cut": "before"},
        {"body": "not JSON"},
        {"answer": {}},
    ],
)
def test_failed_calls(fault: dict[str, Any], aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.faults.add(Fault(service="pricing", times=None, **fault))
    answer = price_list.usd_per_gb_month(HERE)
    assert problem(answer) is PriceListProblem.UNREACHABLE
    assert isinstance(answer, PriceListFailure)
    assert answer.error
    assert "pricing:GetProducts on the price list in us-east-1" in answer.error.text


def test_without_credentials(price_list: AwsPriceList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert problem(price_list.usd_per_gb_month(HERE)) is PriceListProblem.UNREACHABLE


def test_an_answer_that_is_no_list_of_products(aws: AwsStandIn, price_list: AwsPriceList) -> None:
    aws.world.faults.add(Fault(service="pricing", answer={"PriceList": [{"product": {}}]}))
    assert price_list.usd_per_gb_month(HERE) == UNREADABLE


def products(**storage: Any) -> list[Any]:
    """All entries of a Region. `storage`: changes to the price of storage."""
    tiers = [PriceTier("0.10")]
    entries = [
        orjson.loads(orjson.dumps(e.entry())) for e in products_in(HERE, REGIONS[HERE], tiers)
    ]
    for entry in entries:
        if entry["product"]["attributes"]["usagetype"] == "EU-TimedStorage-ByteHrs":
            (offer,) = entry["terms"]["OnDemand"].values()
            (dimension,) = offer["priceDimensions"].values()
            dimension.update(storage)
    return entries


def price_in(entries: list[Any]) -> float | PriceListFailure:
    return storage_price([orjson.dumps(entry).decode() for entry in entries], HERE)


def test_only_storage_of_images_that_are_not_archived_counts() -> None:
    assert price_in(products()) == 0.10
    others = [
        each
        for each in products()
        if each["product"]["attributes"]["usagetype"] != "EU-TimedStorage-ByteHrs"
    ]
    assert len(others) == len(products()) - 1
    assert price_in(others) == NOT_LISTED


@pytest.mark.parametrize(
    "changed",
    [
        {"pricePerUnit": {"USD": "0.0000000000"}},
        {"pricePerUnit": {"USD": "-0.1"}},
        {"pricePerUnit": {"USD": "Infinity"}},
        {"pricePerUnit": {"USD": "NaN"}},
        {"pricePerUnit": {"USD": "ten cents"}},
        {"pricePerUnit": {"USD": None}},
        {"pricePerUnit": {"CNY": "0.7"}},
        {"pricePerUnit": {}},
        {"pricePerUnit": "0.1"},
        {"unit": "GB-Hrs"},
        {"unit": None},
        {"beginRange": "first"},
    ],
)
def test_a_price_that_cannot_be_read_is_no_price(changed: dict[str, Any]) -> None:
    assert price_in(products(**changed)) == UNREADABLE


def test_two_prices_are_no_price() -> None:
    cheaper = products(pricePerUnit={"USD": "0.09"})
    assert price_in(products() + cheaper) == UNREADABLE
    assert price_in(products() + products()) == 0.10


def test_a_product_of_another_region_does_not_count() -> None:
    texts = [orjson.dumps(each).decode() for each in products()]
    assert storage_price(texts, "eu-west-2") == NOT_LISTED


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"product": {}, "terms": {}}', 7, None])
def test_entries_that_are_no_products(text: object) -> None:
    good = [orjson.dumps(entry).decode() for entry in products()]
    assert storage_price([*good, text], HERE) == UNREADABLE


def test_an_offer_without_prices() -> None:
    entries = products()
    for entry in entries:
        for offer in entry["terms"]["OnDemand"].values():
            offer["priceDimensions"] = {}
    assert price_in(entries) == UNREADABLE
    for entry in entries:
        entry["terms"] = {}
    assert price_in(entries) == NOT_LISTED
