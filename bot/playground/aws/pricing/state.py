"""The price list of all accounts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from bot.playground.aws.pricing.catalog import (
    REGIONS,
    PricedProduct,
    PriceTier,
    products_in,
)

USUAL = (PriceTier("0.10"),)


class PriceListState:
    """`lock`: of the stand-in's state."""

    def __init__(self, lock: AbstractContextManager[Any]) -> None:
        self._lock = lock
        self._storage: dict[str, Sequence[PriceTier]] = dict.fromkeys(REGIONS, USUAL)

    def set_storage(self, region: str, *tiers: PriceTier) -> None:
        """Sets the price of storage. Without tiers, the Region has no products."""
        if region not in REGIONS:
            raise ValueError(f"the price list has no Region {region}")
        with self._lock:
            self._storage[region] = tiers

    def products(self) -> Sequence[PricedProduct]:
        return [
            product
            for region, tiers in self._storage.items()
            if tiers
            for product in products_in(region, REGIONS[region], tiers)
        ]
