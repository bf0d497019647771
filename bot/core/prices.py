"""The price of storage in a Region, and what bytes cost there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from bot.core.repository import RepositoryId

BYTES_PER_GB = 2**30

DEFAULT_USD = 0.10
"""Per GB and month: ECR's price in us-east-1 for the first 150 TB."""


class PriceSource(StrEnum):
    SETTINGS = "settings"
    PRICE_LIST = "price_list"
    DEFAULT = "default"


class PriceListProblem(StrEnum):
    """Why AWS's price list gave no price. NOT_READ: no process has asked for the Region yet.
    UNCLEAR: the answer has not exactly one price of storage."""

    NOT_READ = "not_read"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_LISTED = "not_listed"
    UNCLEAR = "unclear"


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

    `read_at`: when AWS's price list was read; None if the price is not from there. `problem`: why
    the price list could not be read since then.
    """

    usd: float
    source: PriceSource
    read_at: datetime | None = None
    problem: PriceListProblem | None = None

    def cost_of(self, number_of_bytes: int) -> StorageCost:
        return StorageCost(number_of_bytes, usd_per_month(number_of_bytes, self.usd))


NOT_READ = GbPrice(DEFAULT_USD, PriceSource.DEFAULT, problem=PriceListProblem.NOT_READ)


@dataclass(frozen=True, slots=True)
class RegionPrices:
    """The price of storage in each Region. `otherwise`: in all other Regions."""

    by_region: Mapping[str, GbPrice] = field(default_factory=dict)
    otherwise: GbPrice = NOT_READ

    @classmethod
    def same_everywhere(cls, usd: float) -> Self:
        """The price in the settings."""
        return cls(otherwise=GbPrice(usd, PriceSource.SETTINGS))

    def of(self, region: str) -> GbPrice:
        return self.by_region.get(region, self.otherwise)

    def cost_of(self, repository: RepositoryId, number_of_bytes: int) -> StorageCost:
        return self.of(repository.registry.region).cost_of(number_of_bytes)

    def total_of(self, bytes_by_region: Mapping[str, int]) -> StorageCost:
        return total_cost(self.of(each).cost_of(size) for each, size in bytes_by_region.items())


def usd_per_month(number_of_bytes: int, usd_per_gb_month: float) -> float:
    return number_of_bytes / BYTES_PER_GB * usd_per_gb_month
