"""Opens the prices of storage: the one in the settings, or those of AWS's price list."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.aws.price_list import AwsPriceList
from bot.bootstrap.sources import session_of
from bot.bootstrap.storage import Storage
from bot.core.prices import RegionPrices
from bot.ports import PriceMemory, PriceOf, PriceReader
from bot.process import system_clock
from bot.settings.field_types import AUTO
from bot.settings.model import Settings
from bot.usecases.prices import PriceListReader

if TYPE_CHECKING:
    from bot.store.store import Store


def open_price_reader(settings: Settings, store: "Store") -> PriceReader:
    """Never calls AWS, so that it may be used while a click is handled."""
    if settings.price_per_gb_month == AUTO:
        return lambda: RegionPrices.from_price_list(store.price_readings())
    prices = RegionPrices.from_settings(settings.price_per_gb_month)
    return lambda: prices


def open_price_lookup(settings: Settings, storage: Storage) -> PriceOf:
    """May call AWS."""
    if settings.price_per_gb_month == AUTO:
        return open_price_list_reader(storage.prices).price_of
    return RegionPrices.from_settings(settings.price_per_gb_month).of


def open_price_list_reader(memory: PriceMemory) -> PriceListReader:
    return PriceListReader(AwsPriceList(lambda: session_of(None)), memory, system_clock)


def open_price_refresh(store: "Store") -> Callable[[datetime], None]:
    """Reads the prices of the Regions of all known repositories, if they are missing or old."""
    reader = open_price_list_reader(store)
    return lambda _now: reader.refresh(store.regions_of_repositories())
