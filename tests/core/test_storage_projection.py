"""The growth of a repository, and what it will store and cost in a year."""

import pytest

from bot.core.prices import BYTES_PER_GB
from bot.core.storage_projection import (
    MonthlyStorage,
    WeeklyGrowth,
    project,
    project_policy,
    usd_of_year,
    weekly_growth,
)


def test_growth_of_a_repository_that_grows_evenly() -> None:
    growth = weekly_growth([700] * 12)
    assert growth is not None
    assert growth.expected == 700
    assert growth.low <= 700 <= growth.high


@pytest.mark.parametrize("weeks", range(4))
def test_growth_is_unknown_for_the_first_weeks(weeks: int) -> None:
    assert weekly_growth([700] * weeks) is None
    assert weekly_growth([700] * 4) is not None


def test_a_year_has_12_months_of_even_growth() -> None:
    months = project(1000, WeeklyGrowth(7, 0, 14))
    assert [month.number for month in months] == list(range(1, 13))
    assert months[5] == MonthlyStorage(6, 1183, 1000, 1365)
    assert months[-1] == MonthlyStorage(12, 1365, 1000, 1730)


def test_a_policy_keeps_its_share_of_the_growth() -> None:
    months = project_policy(0, 7, WeeklyGrowth(70, 0, 140))
    assert months[-1] == MonthlyStorage(12, 400, 0, 801)


def test_what_a_policy_keeps_changes_by_half() -> None:
    assert project_policy(1000, 0, WeeklyGrowth(0, 0, 0))[0] == MonthlyStorage(1, 1000, 500, 1500)


def test_a_policy_keeps_no_more_than_is_pushed() -> None:
    growth = WeeklyGrowth(7, 7, 7)
    assert project_policy(0, 14, growth) == project_policy(0, 7, growth)
    assert project_policy(9, 5, WeeklyGrowth(0, 0, 0))[-1].stored_bytes == 9


def test_the_price_of_a_year_is_that_of_monthly_averages() -> None:
    growing = [(month + 1) * BYTES_PER_GB for month in range(12)]
    assert usd_of_year(0, growing, 0.10) == pytest.approx(0.10 * 72)
    assert usd_of_year(BYTES_PER_GB, [BYTES_PER_GB] * 12, 0.10) == pytest.approx(1.20)
