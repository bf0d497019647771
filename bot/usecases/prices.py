"""Reads the prices of storage from AWS's price list, and remembers them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.doctor_findings import DoctorFinding, PriceListUnreadable, PriceRead, ok, warning
from bot.core.prices import (
    GbPrice,
    PriceListFailure,
    PriceListProblem,
    PriceReading,
    RegionPrices,
)
from bot.ports import Clock, PriceList, PriceMemory


@dataclass(frozen=True, slots=True)
class PriceListReader:
    """Asks AWS's price list if the remembered price of a Region is missing or old. Its methods
    raise ServiceError if `memory` fails; a failure of the price list is an answer."""

    price_list: PriceList
    memory: PriceMemory
    clock: Clock

    def price_of(self, region: str) -> GbPrice:
        if not self._is_current(region):
            self._read(region)
        return self._remembered().of(region)

    def refresh(self, regions: Iterable[str]) -> None:
        for region in regions:
            self.price_of(region)

    def findings(self, regions: Iterable[str]) -> Iterator[DoctorFinding]:
        """Asks for the price of each Region now, whatever is remembered."""
        for region in regions:
            failure = self._read(region)
            price = self._remembered().of(region)
            if failure:
                yield warning("price", region, PriceListUnreadable(price, region, failure))
            else:
                yield ok("price", region, PriceRead(price, region))

    def _is_current(self, region: str) -> bool:
        now = self.clock()
        readings = self.memory.price_readings()
        return any(each.region == region and each.is_current(now) for each in readings)

    def _read(self, region: str) -> PriceListFailure | None:
        answer, now = self.price_list.usd_per_gb_month(region), self.clock()
        if isinstance(answer, PriceListFailure):
            self.memory.save_price_problem(region, answer.problem, now)
            return answer
        self.memory.save_price(region, answer, now)
        return None

    def _remembered(self) -> RegionPrices:
        return RegionPrices.from_price_list(self.memory.price_readings())


class PriceMemoryOfCommand:
    """For a command without a database: forgets the prices when it ends."""

    def __init__(self) -> None:
        self._readings: dict[str, PriceReading] = {}

    def price_readings(self) -> Sequence[PriceReading]:
        return list(self._readings.values())

    def save_price(self, region: str, usd: float, at: datetime) -> None:
        self._readings[region] = PriceReading(region, usd, at, at, None)

    def save_price_problem(self, region: str, problem: PriceListProblem, at: datetime) -> None:
        before = self._readings.get(region)
        usd, read_at = (before.usd, before.read_at) if before else (None, None)
        self._readings[region] = PriceReading(region, usd, read_at, at, problem)
