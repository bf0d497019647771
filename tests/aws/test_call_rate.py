"""The rate of calls, with a clock that only moves when somebody waits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from bot.aws.call_rate import CallRate


@dataclass
class Time:
    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def rate(time: Time, per_second: float) -> CallRate:
    return CallRate(per_second, lambda: time.now, time.sleep)


def test_the_calls_of_one_second_pass_at_once(time: Time) -> None:
    limited = rate(time, 10)
    for _ in range(10):
        limited.wait()
    assert sum(time.waits) == pytest.approx(0)


@pytest.mark.parametrize("per_second", [0.5, 1, 10, 1000])
def test_later_calls_pass_at_the_rate(time: Time, per_second: float) -> None:
    limited = rate(time, per_second)
    calls = int(10 * per_second) + 1
    for _ in range(calls):
        limited.wait()
    burst = max(per_second, 1)
    assert time.now - 1000 == pytest.approx((calls - burst) / per_second)


def test_a_long_rest_allows_the_calls_of_one_second(time: Time) -> None:
    limited = rate(time, 10)
    limited.wait()
    time.now += 3600
    for _ in range(11):
        limited.wait()
    assert sum(time.waits) == pytest.approx(0.1)


def test_threads_share_the_rate() -> None:
    waits: list[float] = []
    limited = CallRate(10, lambda: 0.0, waits.append)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(30):
            pool.submit(limited.wait)
    assert sorted(waits) == pytest.approx([n / 10 for n in range(1, 21)])
