"""The cost calculator, against sums by hand and against a simulation of single builds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cost_estimate import DAYS_PER_MONTH, Builds, estimate, total_usd
from bot.core.savings import BYTES_PER_GB

MB = 2**20


def test_by_hand() -> None:
    """500 MB, of which 100 MB are new, 30 times a day: 913 builds a month."""
    builds = Builds(500 * MB, 0.2, per_day=30, kept=15)
    (first, *_, last) = months = estimate(builds, 12, 0.10)
    assert len(months) == 12
    assert first.without_cleanup.stored_bytes == round((400 + 100 * 30 * DAYS_PER_MONTH) * MB)
    assert last.without_cleanup.stored_bytes == round((400 + 100 * 360 * DAYS_PER_MONTH) * MB)
    assert {month.with_cleanup.stored_bytes for month in months} == {1900 * MB}
    assert last.with_cleanup.usd == pytest.approx(0.10 * 1900 / 1024)
    middle = (400 + 100 * 30 * DAYS_PER_MONTH * 11.5) / 1024 * 0.10
    assert last.without_cleanup.usd == pytest.approx(middle)
    without, with_ = total_usd(months)
    assert without > 40 * with_


SIZES = st.integers(1, 2 * BYTES_PER_GB)
SHARES = st.floats(0, 1)
RATES = st.floats(0.01, 50)


@given(size=SIZES, share=SHARES, per_day=RATES, kept=st.integers(1, 500))
def test_cleanup_never_costs_more_and_never_stores_more_than_it_keeps(
    size: int, share: float, per_day: float, kept: int
) -> None:
    months = estimate(Builds(size, share, per_day, kept), 12, 0.10)
    limit = size * (1 + share * (kept - 1)) + 1
    for month in months:
        assert month.with_cleanup.stored_bytes <= month.without_cleanup.stored_bytes
        assert month.with_cleanup.usd <= month.without_cleanup.usd + 1e-9
        assert month.with_cleanup.stored_bytes <= limit
    stored = [month.without_cleanup.stored_bytes for month in months]
    assert stored == sorted(stored)


@given(size=SIZES, share=SHARES, per_day=st.integers(1, 20), kept=st.integers(1, 300))
def test_as_a_simulation_of_every_build(size: int, share: float, per_day: int, kept: int) -> None:
    """One build after the other, with the average over the month."""
    (month,) = estimate(Builds(size, share, float(per_day), kept), 1, 1.0)
    number = per_day * DAYS_PER_MONTH
    steps = [_stored(size, share, min(build, kept)) for build in range(1, round(number) + 1)]
    average = sum(steps) / len(steps) / BYTES_PER_GB
    assert month.with_cleanup.usd == pytest.approx(average, rel=2 / per_day / 10 + 0.1)


def _stored(size: int, share: float, present: int) -> float:
    return size * (1 + share * (present - 1))
