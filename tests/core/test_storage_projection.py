"""The growth of a repository, and what it will store and cost in a year."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prices import BYTES_PER_GB
from bot.core.storage_projection import (
    MonthlyStorage,
    WeeklyGrowth,
    project,
    project_policy,
    usd_of_year,
    weekly_growth,
)
from tests.core.test_properties import tries

UNCHANGING = WeeklyGrowth(0, 0, 0)

weeks = st.lists(st.just(0) | st.integers(0, 10**13), min_size=4, max_size=12)
amounts = st.integers(0, 10**16)


def growth(new_bytes: Sequence[int]) -> WeeklyGrowth:
    found = weekly_growth(new_bytes)
    assert found is not None
    return found


def growths() -> st.SearchStrategy[WeeklyGrowth]:
    return weeks.map(growth)


def test_even_growth_may_change_by_30_percent_within_a_year() -> None:
    assert growth([700] * 12) == WeeklyGrowth(700, 490, 910)


def test_uneven_weeks_make_a_wider_range() -> None:
    uneven = growth([300, 1100] * 6)
    assert uneven.expected == 700
    assert uneven.low < 490
    assert uneven.high > 910


@pytest.mark.parametrize("number", range(4))
def test_growth_is_unknown_for_the_first_weeks(number: int) -> None:
    assert weekly_growth([700] * number) is None
    assert weekly_growth([700] * 4) is not None


@pytest.mark.parametrize(
    ("description", "new_bytes", "expected"),
    [
        ("an import", [100] * 11 + [90_000], 100),
        ("an import in a young repository", [100, 90_000, 100, 100], 100),
        ("as large as all others together", [100] * 6 + [600], 1200 / 7),
        ("few other weeks have new bytes", [0, 0, 100, 0, 0, 6000, 0, 100], 775),
        ("monthly releases", [0, 0, 900, 0, 0, 0, 700, 0, 0, 0, 800, 0], 200),
        ("a single release", [0, 0, 0, 0, 0, 0, 0, 2400, 0, 0, 0, 0], 200),
        ("no push for a month", [100] * 8 + [0] * 4, 800 / 12),
        ("no push for longer", [100] * 7 + [0] * 5, 0),
        ("a silence as long as an earlier one", [0] * 5 + [600, 600] + [0] * 5, 100),
        ("a silence longer than earlier ones", [0] * 5 + [600] + [0] * 6, 0),
        ("a silence at first", [0] * 7 + [240] * 5, 100),
        ("no push", [0] * 12, 0),
    ],
)
def test_what_growth_is_expected(
    description: str, new_bytes: Sequence[int], expected: float
) -> None:
    assert growth(new_bytes).expected == pytest.approx(expected), description


def test_an_import_may_come_again() -> None:
    assert growth([100] * 11 + [10_900]).high == 1000


def test_pushes_that_stopped_may_start_again() -> None:
    assert growth([120] * 6 + [0] * 6) == WeeklyGrowth(0, 0, 60)
    assert growth([0] * 12) == UNCHANGING


@given(weeks)
@tries(100)
def test_low_is_at_most_expected_and_high_at_least(new_bytes: Sequence[int]) -> None:
    found = growth(new_bytes)
    assert 0 <= found.low <= found.expected <= found.high


@given(weeks)
@tries(50)
def test_twice_the_bytes_are_twice_the_growth(new_bytes: Sequence[int]) -> None:
    once, twice = growth(new_bytes), growth([2 * each for each in new_bytes])
    assert (twice.low, twice.expected, twice.high) == pytest.approx(
        (2 * once.low, 2 * once.expected, 2 * once.high)
    )


def test_a_year_has_12_months_of_even_growth() -> None:
    months = project(1000, WeeklyGrowth(7, 0, 14))
    assert [month.number for month in months] == list(range(1, 13))
    assert months[5] == MonthlyStorage(6, 1183, 1000, 1365)
    assert months[-1] == MonthlyStorage(12, 1365, 1000, 1730)


def test_a_policy_keeps_its_share_of_the_growth() -> None:
    """And between cleanups half a week's new bytes."""
    months = project_policy(0, 7, WeeklyGrowth(70, 0, 140))
    assert months[-1] == MonthlyStorage(12, 400, 0, 801)


def test_what_a_policy_keeps_may_change_by_half() -> None:
    assert project_policy(1000, 0, UNCHANGING)[0] == MonthlyStorage(1, 1000, 500, 1500)


def test_a_policy_keeps_no_more_than_is_pushed() -> None:
    even = WeeklyGrowth(7, 7, 7)
    assert project_policy(0, 14, even) == project_policy(0, 7, even)
    assert project_policy(9, 5, UNCHANGING)[-1].stored_bytes == 9


@given(amounts, growths(), amounts)
@tries(100)
def test_months_are_in_their_range(start: int, grows: WeeklyGrowth, policy_growth: int) -> None:
    without, kept = project(start, grows), project_policy(start, policy_growth, grows)
    for month in (*without, *kept):
        assert 0 <= month.low_bytes <= month.stored_bytes <= month.high_bytes


def test_the_price_of_a_year_is_that_of_monthly_averages() -> None:
    growing = [(month + 1) * BYTES_PER_GB for month in range(12)]
    assert usd_of_year(0, growing, 0.10) == pytest.approx(0.10 * 72)
    assert usd_of_year(BYTES_PER_GB, [BYTES_PER_GB] * 12, 0.10) == pytest.approx(1.20)
