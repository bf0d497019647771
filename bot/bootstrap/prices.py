"""Opens the prices of storage that the settings ask for."""

from typing import TYPE_CHECKING

from bot.bootstrap.storage import Storage
from bot.core.prices import RegionPrices
from bot.ports import PriceOf, PriceReader
from bot.settings.model import Settings

if TYPE_CHECKING:
    from bot.store.store import Store


def open_price_reader(settings: Settings, store: "Store") -> PriceReader:  # noqa: ARG001
    """Never calls AWS, so that it may be used while a click is handled."""
    prices = RegionPrices.same_everywhere(settings.price_per_gb_month)
    return lambda: prices


def open_price_lookup(settings: Settings, storage: Storage) -> PriceOf:  # noqa: ARG001
    return RegionPrices.same_everywhere(settings.price_per_gb_month).of
