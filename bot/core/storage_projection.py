"""The projection: how much a repository will store in each of the next 12 months.

docs/cost.md has the method and its errors, which `python -m benchmarks projection` measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import hypot, sqrt
from operator import not_
from statistics import fmean, stdev

from bot.core.prices import usd_per_month

WEEKS = 12
"""So many weeks of the past make the projection."""

FEWEST_WEEKS = 4
"""Fewer may have no release of a repository with one a month."""

MONTHS = 12

WEEKS_PER_YEAR = 365.25 / 7

WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12

_LONGEST_PAUSE = 4
"""Weeks. A longer silence is no pause between monthly releases."""

_FEWEST_BESIDES_IMPORT = 3
"""Weeks. With fewer, a large week may be one of the usual releases."""

_STANDARD_ERRORS = 1.4
"""Student's t has 8 of 10 values within 1.4 standard errors, for 8 to 12 weeks."""

_DRIFT = 0.3
"""By how much the growth changes within a year, beyond the noise of the weeks."""

_KEPT_DRIFT = 0.5
"""By how much the bytes change that a rule with a bound keeps, such as those of 10 images."""


@dataclass(frozen=True, slots=True)
class WeeklyGrowth:
    """Bytes a week, as the mean of the next year.

    The mean is within `low` and `high` in at least 8 of 10 repositories, unless their growth keeps
    rising or falling all year.
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
    first; whole weeks since the first push, at most `WEEKS`. None: too few weeks.

    It is the mean of the weeks. An import counts only for `high`. If pushes have stopped, `high` is
    the mean, and the rest is 0.
    """
    if len(new_bytes) < FEWEST_WEEKS:
        return None
    mean = fmean(new_bytes)
    if _has_stopped(new_bytes):
        return WeeklyGrowth(0.0, 0.0, mean)
    usual = _without_import(new_bytes)
    expected = fmean(usual)
    noise = _STANDARD_ERRORS * stdev(usual) * sqrt(1 / len(usual) + 1 / WEEKS_PER_YEAR)
    spread = hypot(noise, _DRIFT * expected)
    return WeeklyGrowth(expected, max(0.0, expected - spread), max(expected + spread, mean))


def _has_stopped(new_bytes: Sequence[int]) -> bool:
    """Whether the weeks end in a silence that is longer than a month and than any before."""
    pauses = [len(list(weeks)) for is_silent, weeks in groupby(new_bytes, not_) if is_silent]
    if not pauses or new_bytes[-1]:
        return False
    *earlier, last = pauses
    return last > max((_LONGEST_PAUSE, *earlier))


def _without_import(new_bytes: Sequence[int]) -> Sequence[int]:
    """Leaves out a week that is larger than all others together."""
    *others, largest = sorted(new_bytes)
    is_import = largest > sum(others) and sum(map(bool, others)) >= _FEWEST_BESIDES_IMPORT
    return others if is_import else new_bytes


def project(stored_bytes: int, growth: WeeklyGrowth) -> tuple[MonthlyStorage, ...]:
    """Storage in the next 12 months without cleanup."""
    return tuple(_month(number, stored_bytes, growth) for number in range(1, MONTHS + 1))


def _month(number: int, stored_bytes: int, growth: WeeklyGrowth) -> MonthlyStorage:
    weeks = number * WEEKS_PER_MONTH
    return MonthlyStorage(
        number,
        stored_bytes=round(stored_bytes + growth.expected * weeks),
        low_bytes=round(stored_bytes + growth.low * weeks),
        high_bytes=round(stored_bytes + growth.high * weeks),
    )


def project_policy(
    kept_bytes: int, policy_growth: int, growth: WeeklyGrowth
) -> tuple[MonthlyStorage, ...]:
    """Storage in the next 12 months with a cleanup every week, averaged over the week.

    `kept_bytes`: what the policy keeps now. `policy_growth`: bytes a week that it keeps more.
    `growth`: without cleanup. From one cleanup to the next a week's new bytes pile up, on average
    half of them.
    """
    share = min(1.0, policy_growth / growth.expected) if growth.expected else 0.0
    return tuple(
        _month_with_policy(number, kept_bytes, share, growth) for number in range(1, MONTHS + 1)
    )


def _month_with_policy(
    number: int, kept_bytes: int, share: float, growth: WeeklyGrowth
) -> MonthlyStorage:
    """`share`: the part of the growth that the policy keeps."""
    weeks = share * number * WEEKS_PER_MONTH + 0.5
    stored = kept_bytes + growth.expected * weeks
    less = hypot(_KEPT_DRIFT * kept_bytes, (growth.expected - growth.low) * weeks)
    more = hypot(_KEPT_DRIFT * kept_bytes, (growth.high - growth.expected) * weeks)
    return MonthlyStorage(
        number,
        stored_bytes=round(stored),
        low_bytes=max(0, round(stored - less)),
        high_bytes=round(stored + more),
    )


def usd_of_year(start_bytes: int, month_ends: Sequence[int], usd_per_gb_month: float) -> float:
    """The price of these months. AWS bills the average of each month, so `month_ends` are bytes at
    the end of each."""
    averages = (sum(ends) / 2 for ends in pairwise((start_bytes, *month_ends)))
    return sum(usd_per_month(round(average), usd_per_gb_month) for average in averages)
