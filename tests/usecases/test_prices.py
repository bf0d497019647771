"""When AWS's price list is asked, and which price applies while it fails."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.doctor_findings import DoctorFindingStatus, PriceListUnreadable, PriceRead
from bot.core.prices import GbPrice, PriceListFailure, PriceListProblem, PriceSource
from bot.usecases.prices import PriceListReader, PriceMemoryOfCommand
from tests.support import NOW

if TYPE_CHECKING:
    from bot.ports import PriceMemory
    from tests.usecases.store_env import StoreEnv

HERE, THERE = "eu-west-1", "us-east-1"
REFUSED = PriceListFailure(PriceListProblem.REFUSED)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@dataclass
class FakePriceList:
    answers: dict[str, float | PriceListFailure] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: datetime = NOW

    def usd_per_gb_month(self, region: str) -> float | PriceListFailure:
        self.asked.append(region)
        return self.answers[region]

    def clock(self) -> datetime:
        return self.now


@pytest.fixture
def aws() -> FakePriceList:
    return FakePriceList({HERE: 0.11, THERE: 0.12})


@pytest.fixture(params=["store", "command"])
def reader(aws: FakePriceList, request: pytest.FixtureRequest) -> PriceListReader:
    memory: PriceMemory = PriceMemoryOfCommand()
    if request.param == "store":
        env: StoreEnv = request.getfixturevalue("env")
        memory = env.store
    return PriceListReader(aws, memory, aws.clock)


def listed(usd: float, at: datetime = NOW, problem: PriceListProblem | None = None) -> GbPrice:
    return GbPrice(usd, PriceSource.PRICE_LIST, at, problem)


def test_each_region_is_asked_once_a_week(reader: PriceListReader, aws: FakePriceList) -> None:
    for _ in range(2):
        assert reader.price_of(HERE) == listed(0.11)
        assert reader.price_of(THERE) == listed(0.12)
    assert aws.asked == [HERE, THERE]
    aws.now, aws.answers[HERE] = NOW + WEEK, 0.2
    assert reader.price_of(HERE) == listed(0.2, NOW + WEEK)


def test_a_failure_is_retried_after_an_hour(reader: PriceListReader, aws: FakePriceList) -> None:
    aws.answers[HERE] = REFUSED
    default = GbPrice(0.10, PriceSource.DEFAULT, problem=PriceListProblem.REFUSED)
    for _ in range(2):
        assert reader.price_of(HERE) == default
    assert aws.asked == [HERE]
    aws.now, aws.answers[HERE] = NOW + HOUR, 0.11
    assert reader.price_of(HERE) == listed(0.11, NOW + HOUR)


def test_an_old_price_beats_the_default(reader: PriceListReader, aws: FakePriceList) -> None:
    reader.price_of(HERE)
    aws.now, aws.answers[HERE] = NOW + 2 * WEEK, REFUSED
    for _ in range(2):
        assert reader.price_of(HERE) == listed(0.11, NOW, PriceListProblem.REFUSED)
    assert aws.asked == [HERE, HERE]


def test_refresh_asks_for_what_is_old(reader: PriceListReader, aws: FakePriceList) -> None:
    reader.refresh([HERE])
    reader.refresh([HERE, THERE])
    assert aws.asked == [HERE, THERE]


def test_doctor_always_asks(reader: PriceListReader, aws: FakePriceList) -> None:
    reader.price_of(HERE)
    aws.answers[THERE] = REFUSED
    good, bad = reader.findings([HERE, THERE])
    assert aws.asked == [HERE, HERE, THERE]
    assert (good.status, good.detail) == (DoctorFindingStatus.OK, PriceRead(listed(0.11), HERE))
    default = GbPrice(0.10, PriceSource.DEFAULT, problem=PriceListProblem.REFUSED)
    assert bad.status is DoctorFindingStatus.WARNING
    assert bad.detail == PriceListUnreadable(default, THERE, REFUSED)


def test_doctor_ends_a_remembered_failure(reader: PriceListReader, aws: FakePriceList) -> None:
    aws.answers[HERE] = REFUSED
    reader.price_of(HERE)
    aws.answers[HERE] = 0.11
    assert [each.status for each in reader.findings([HERE])] == [DoctorFindingStatus.OK]
    assert reader.price_of(HERE) == listed(0.11)
