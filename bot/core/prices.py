"""The price of storage in a Region, and what bytes cost there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from bot.core.errors import ErrorText
from bot.core.repository import RepositoryId

BYTES_PER_GB = 2**30

DEFAULT_USD = 0.10
"""Per GB and month: AWS's price in most Regions, aws.amazon.com/ecr/pricing."""

READ_AGAIN_AFTER = timedelta(days=7)
"""AWS's price list rarely changes."""

RETRIED_AFTER = timedelta(hours=1)
"""After an attempt that gave no price, so that not every command waits for it."""


class PriceSource(StrEnum):
    SETTINGS = "settings"
    PRICE_LIST = "price_list"
    DEFAULT = "default"


class PriceListProblem(StrEnum):
    """Why AWS's price list gave no price of a Region. NOT_READ: nothing asked for it yet.
    OTHER_PARTITION: China, GovCloud and the like, which have no price list in USD. UNREADABLE: the
    answer does not have exactly one price of storage."""

    NOT_READ = "not_read"
    OTHER_PARTITION = "other_partition"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_LISTED = "not_listed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class StorageCost:
    """A number of bytes, and their price in USD a month."""

    bytes: int
    usd_per_month: float

    def __add__(self, other: "StorageCost") -> "StorageCost":
        return StorageCost(self.bytes + other.bytes, self.usd_per_month + other.usd_per_month)


NO_COST = StorageCost(0, 0.0)


def total_cost(costs: Iterable[StorageCost]) -> StorageCost:
    return sum(costs, NO_COST)


@dataclass(frozen=True, slots=True)
class GbPrice:
    """The price of storage in USD per GB per month.

    `read_at`: when AWS's price list was read, in UTC; None if the price is not from there.
    `problem`: why the last attempt to read the price list gave no price.
    """

    usd: float
    source: PriceSource
    read_at: datetime | None = None
    problem: PriceListProblem | None = None

    def cost_of(self, number_of_bytes: int) -> StorageCost:
        return StorageCost(number_of_bytes, usd_per_month(number_of_bytes, self.usd))


def default_price(problem: PriceListProblem) -> GbPrice:
    return GbPrice(DEFAULT_USD, PriceSource.DEFAULT, problem=problem)


@dataclass(frozen=True, slots=True)
class PriceListFailure:
    """Why AWS's price list gave no price. `error`: of the call, if it failed."""

    problem: PriceListProblem
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class PriceReading:
    """What the bot knows from AWS's price list about a Region. `usd` and `read_at`: the last price
    that it gave, None if never. `asked_at`, `problem`: the last attempt, and why it gave no price.
    Times are UTC."""

    region: str
    usd: float | None
    read_at: datetime | None
    asked_at: datetime
    problem: PriceListProblem | None

    @property
    def price(self) -> GbPrice:
        """An old price of the price list rather than the default."""
        if self.usd is not None:
            return GbPrice(self.usd, PriceSource.PRICE_LIST, self.read_at, self.problem)
        return default_price(self.problem or PriceListProblem.NOT_READ)

    def is_current(self, now: datetime) -> bool:
        lasts = RETRIED_AFTER if self.problem else READ_AGAIN_AFTER
        return timedelta(0) <= now - self.asked_at < lasts


@dataclass(frozen=True, slots=True)
class RegionPrices:
    """The price of storage in each Region. `otherwise`: in all other Regions."""

    by_region: Mapping[str, GbPrice]
    otherwise: GbPrice

    @classmethod
    def from_settings(cls, usd: float) -> Self:
        return cls({}, GbPrice(usd, PriceSource.SETTINGS))

    @classmethod
    def from_price_list(cls, readings: Iterable[PriceReading]) -> Self:
        """Regions that were never read have the default price."""
        by_region = {each.region: each.price for each in readings}
        return cls(by_region, default_price(PriceListProblem.NOT_READ))

    def of(self, region: str) -> GbPrice:
        return self.by_region.get(region, self.otherwise)

    def cost_of(self, repository: RepositoryId, number_of_bytes: int) -> StorageCost:
        return self.of(repository.registry.region).cost_of(number_of_bytes)

    def total_of(self, bytes_by_region: Mapping[str, int]) -> StorageCost:
        return total_cost(self.of(each).cost_of(size) for each, size in bytes_by_region.items())


def usd_per_month(number_of_bytes: int, usd_per_gb_month: float) -> float:
    return number_of_bytes / BYTES_PER_GB * usd_per_gb_month
