"""GetProducts of the AWS Price List."""

from typing import Any

import orjson
import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.aws.pricing.catalog import REGIONS, PriceTier

from .helpers import MakeClient, pages, refused

INVALID = "InvalidParameterException"


@pytest.fixture
def pricing(make_client: MakeClient) -> Any:
    return make_client("pricing", region="us-east-1")


def is_equal(**fields: str) -> list[dict[str, str]]:
    return [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in fields.items()]


def products(pricing: Any, **fields: str) -> list[dict[str, Any]]:
    answer = pricing.get_products(ServiceCode="AmazonECR", Filters=is_equal(**fields))
    assert answer["FormatVersion"] == "aws_v1"
    return [orjson.loads(text) for text in answer["PriceList"]]


def usage_types(found: list[dict[str, Any]]) -> set[str]:
    return {each["product"]["attributes"]["usagetype"] for each in found}


def tiers(entry: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    (offer,) = entry["terms"]["OnDemand"].values()
    return [
        (each["beginRange"], each["endRange"], each["unit"], each["pricePerUnit"]["USD"])
        for each in offer["priceDimensions"].values()
    ]


def test_products_of_a_region(pricing: Any) -> None:
    family = "EC2 Container Registry"
    found = products(pricing, regionCode="eu-central-1", productFamily=family)
    assert usage_types(found) == {
        "EUC1-AsyncActions-ImageSigning",
        "EUC1-Retrieval-Archive",
        "EUC1-TimedStorage-Archive-ByteHrs",
        "EUC1-TimedStorage-ByteHrs",
    }
    assert len(products(pricing, regionCode="eu-central-1")) == len(found) + 1
    assert "TimedStorage-ByteHrs" in usage_types(products(pricing, regionCode="us-east-1"))
    assert products(pricing, regionCode="mars-1") == []


def test_prices_have_tiers(aws: AwsStandIn, pricing: Any) -> None:
    (archive,) = products(pricing, usagetype="EU-TimedStorage-Archive-ByteHrs")
    assert tiers(archive) == [
        ("0", "153600", "GB-Mo", "0.1000000000"),
        ("153600", "Inf", "GB-Mo", "0.0700000000"),
    ]
    aws.world.price_list.set_storage("eu-west-1", PriceTier("0.12"))
    (storage,) = products(pricing, usagetype="EU-TimedStorage-ByteHrs")
    assert tiers(storage) == [("0", "Inf", "GB-Mo", "0.1200000000")]


def test_a_region_can_be_missing(aws: AwsStandIn, pricing: Any) -> None:
    aws.world.price_list.set_storage("eu-west-1")
    assert products(pricing, regionCode="eu-west-1") == []
    with pytest.raises(ValueError, match="no Region mars-1"):
        aws.world.price_list.set_storage("mars-1", PriceTier("1"))


def test_pages(pricing: Any) -> None:
    token = ("NextToken", "NextToken")
    total = 5 * len(REGIONS)
    lengths = pages(
        pricing.get_products, "PriceList", token, ServiceCode="AmazonECR", MaxResults=20
    )
    assert lengths == [20] * (total // 20) + [total % 20]
    given = {"ServiceCode": "AmazonECR", "NextToken": "x"}
    assert refused(pricing.get_products, **given)[0] == "InvalidNextTokenException"


def test_wrong_requests(make_client: MakeClient) -> None:
    unchecked = make_client("pricing", region="us-east-1", checked=False)
    ecr: dict[str, Any] = {"ServiceCode": "AmazonECR"}
    for wrong in (
        {},
        ecr | {"MaxResults": 101},
        ecr | {"MaxResults": 0},
        ecr | {"Filters": [{"Type": "LIKE", "Field": "usagetype", "Value": "x"}]},
        ecr | {"Filters": [{"Type": "TERM_MATCH", "Field": "usagetype"}]},
        ecr | {"Filters": is_equal(region="eu-west-1")},
    ):
        assert refused(unchecked.get_products, **wrong)[0] == INVALID
    assert refused(unchecked.get_products, ServiceCode="ECR")[0] == "NotFoundException"


def test_few_regions_have_an_endpoint(make_client: MakeClient) -> None:
    for region in ("ap-south-1", "eu-central-1"):
        assert products(make_client("pricing", region=region), regionCode="eu-west-1")
    elsewhere = make_client("pricing", region="eu-west-1")
    assert "no endpoint in eu-west-1" in refused(elsewhere.get_products, ServiceCode="AmazonECR")[1]


def test_permissions(aws: AwsStandIn, pricing: Any) -> None:
    aws.world.deny("pricing:GetProducts")
    assert refused(pricing.get_products, ServiceCode="AmazonECR")[0] == "AccessDeniedException"
