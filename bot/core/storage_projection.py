"""The projection: how much a repository will store in each of the next 12 months.

docs/cost.md has the method and its errors, which `python -m benchmarks projection` measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from bot.core.prices import usd_per_month

WEEKS = 12
"""So many weeks of the past make the projection."""

MONTHS = 12

WEEKS_PER_MONTH = 365.25 / 7 / 12


@dataclass(frozen=True, slots=True)
class WeeklyGrowth:
    """Bytes a week, as the mean of the next year.

    In 8 of 10 repositories the mean of the year is within `low` and `high`.
    """

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MonthlyStorage:
    """Bytes at the end of a month. `number`: 1 for the month that starts now."""

    number: int
    stored_bytes: int
    low_bytes: int
    high_bytes: int


def weekly_growth(new_bytes: Sequence[int]) -> WeeklyGrowth | None:
    """The growth without cleanup. `new_bytes`: bytes of new blobs in each of the last weeks, oldest
    first; whole weeks since the first push, at most `WEEKS`. None: too few weeks to tell."""
    if not new_bytes:
        return None
    expected = fmean(new_bytes)
    return WeeklyGrowth(expected, expected * 0.5, expected * 1.5)


def project(stored_bytes: int, growth: WeeklyGrowth) -> tuple[MonthlyStorage, ...]:
    """Storage in the next 12 months without cleanup."""
    return tuple(
        MonthlyStorage(
            number,
            _after(stored_bytes, growth.expected, number),
            _after(stored_bytes, growth.low, number),
            _after(stored_bytes, growth.high, number),
        )
        for number in range(1, MONTHS + 1)
    )


def project_policy(
    kept_bytes: int, policy_growth: int, growth: WeeklyGrowth
) -> tuple[MonthlyStorage, ...]:
    """Storage in the next 12 months with a cleanup every week.

    `kept_bytes`: what the policy keeps now. `policy_growth`: bytes a week that it never frees.
    `growth`: without cleanup. Between two cleanups a week's new bytes pile up, half of them on
    average.
    """
    share = min(1.0, policy_growth / growth.expected) if growth.expected else 0.0

    def stored(rate: float, number: int) -> int:
        return _after(kept_bytes + rate / 2, rate * share, number)

    return tuple(
        MonthlyStorage(
            number,
            stored(growth.expected, number),
            stored(growth.low, number),
            stored(growth.high, number),
        )
        for number in range(1, MONTHS + 1)
    )


def _after(stored_bytes: float, rate: float, months: int) -> int:
    return round(stored_bytes + rate * WEEKS_PER_MONTH * months)


def usd_of_year(start_bytes: int, month_ends: Sequence[int], usd_per_gb_month: float) -> float:
    """The price of these months. AWS bills the average of each month, so `month_ends` are bytes at
    the end of each."""
    averages = (sum(ends) / 2 for ends in pairwise((start_bytes, *month_ends)))
    return sum(usd_per_month(round(average), usd_per_gb_month) for average in averages)
