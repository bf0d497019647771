"""AWS's price list: the price of storage in ECR in a Region.

An entry is a product of a Region with its prices, as JSON text: AWS Billing user guide, Using the
AWS Price List Query API.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf

import boto3
import msgspec
from msgspec import Struct, field

from bot.aws.aws_api import AwsApi
from bot.aws.errors import is_denied
from bot.aws.iam_policy import PRICE_LIST_PARTITION, PRICE_LIST_REGION, partition_of
from bot.aws.sessions import short_timeout_config
from bot.core.errors import DeniedByOrganizationError, ErrorText, RequestError, ServiceError
from bot.core.prices import PriceListFailure, PriceListProblem

MOST_PRODUCTS = 1000
"""ECR has about five in a Region."""

_STORAGE = re.compile(r"(?:[A-Z0-9]+-)?TimedStorage-ByteHrs")
"""The usage type, with a prefix for the Region. Images in the archive have another one:
`EUC1-TimedStorage-Archive-ByteHrs`."""


class _Attributes(Struct):
    usage_type: str = field(name="usagetype", default="")
    region: str = field(name="regionCode", default="")


class _Product(Struct):
    attributes: _Attributes


class _UsdPrice(Struct):
    usd: float = field(name="USD", default=0)


class _Tier(Struct):
    """The price from a number of units on."""

    unit: str
    begin: float = field(name="beginRange")
    price: _UsdPrice = field(name="pricePerUnit")


class _Offer(Struct):
    tiers: Mapping[str, _Tier] = field(name="priceDimensions")


class _Terms(Struct):
    on_demand: Mapping[str, _Offer] = field(name="OnDemand", default_factory=dict)


class _Entry(Struct):
    product: _Product
    terms: _Terms

    def is_storage_in(self, region: str) -> bool:
        attributes = self.product.attributes
        return attributes.region == region and bool(_STORAGE.fullmatch(attributes.usage_type))


_DECODER = msgspec.json.Decoder(_Entry, strict=False)
"""Not strict, since the numbers are strings."""


@dataclass(frozen=True, slots=True)
class AwsPriceList:
    """`open_session`: with the caller's own credentials."""

    open_session: Callable[[], boto3.Session]

    def usd_per_gb_month(self, region: str) -> float | PriceListFailure:
        """Waits up to half a minute if AWS cannot be reached."""
        if partition_of(region) != PRICE_LIST_PARTITION:
            return PriceListFailure(PriceListProblem.OTHER_PARTITION)
        try:
            return storage_price(self._entries(region), region)
        except (RequestError, ServiceError) as error:
            return PriceListFailure(_problem(error), ErrorText.of(error))

    def _entries(self, region: str) -> Sequence[object]:
        aws = AwsApi(
            self.open_session(), "the price list", PRICE_LIST_REGION, short_timeout_config()
        )
        wanted = {"regionCode": region, "productFamily": "EC2 Container Registry"}
        entries = aws.pages(
            "pricing",
            "get_products",
            "PriceList",
            ServiceCode="AmazonECR",
            Filters=[
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in wanted.items()
            ],
        )
        return list(islice(entries, MOST_PRODUCTS))


def storage_price(entries: Iterable[object], region: str) -> float | PriceListFailure:
    """Of images that are not archived. A price that changes with the number of GB counts as for
    the first GB that is not free."""
    try:
        products = [_DECODER.decode(str(entry)) for entry in entries]
    except msgspec.MsgspecError:
        return PriceListFailure(PriceListProblem.UNREADABLE)
    offers = [
        offer
        for product in products
        if product.is_storage_in(region)
        for offer in product.terms.on_demand.values()
    ]
    if not offers:
        return PriceListFailure(PriceListProblem.NOT_LISTED)
    prices = set(map(_first_price, offers))
    price = prices.pop()
    if prices or price is None:
        return PriceListFailure(PriceListProblem.UNREADABLE)
    return price


def _first_price(offer: _Offer) -> float | None:
    """None if it is not in USD per GB and month."""
    tiers = sorted(offer.tiers.values(), key=lambda tier: tier.begin)
    if any(tier.unit != "GB-Mo" for tier in tiers):
        return None
    return next((tier.price.usd for tier in tiers if 0 < tier.price.usd < inf), None)


def _problem(error: Exception) -> PriceListProblem:
    call = error.call if isinstance(error, ServiceError) else None
    is_refused = isinstance(error, DeniedByOrganizationError) or (call and is_denied(call.code))
    return PriceListProblem.REFUSED if is_refused else PriceListProblem.UNREACHABLE
