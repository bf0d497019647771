"""The cost calculator, against sums by hand and against a registry that is filled build by
build."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cost_estimate import (
    DAYS_PER_MONTH,
    CostEstimate,
    EstimateInputs,
    estimate_cost,
)
from bot.core.prices import BYTES_PER_GB, DEFAULT_USD

MB = 2**20
ROUNDING = 2
"""Bytes."""

INPUTS = st.builds(
    EstimateInputs,
    image_bytes=st.integers(1, 2 * BYTES_PER_GB),
    new_share=st.floats(0, 1),
    builds_per_day=st.floats(0.01, 50),
    kept_images=st.integers(1, 500),
    months=st.integers(1, 24),
)


def test_by_hand() -> None:
    """500 MB, of which 100 MB are new, 30 times a day: 913 builds a month."""
    estimate = estimate_cost(EstimateInputs(500 * MB, 0.2, 30, kept_images=15, months=12))
    assert [month.number for month in estimate.months] == list(range(1, 13))
    first, last = estimate.months[0], estimate.months[-1]
    assert first.without_cleanup.stored_bytes == round((400 + 100 * 30 * DAYS_PER_MONTH) * MB)
    assert last.without_cleanup.stored_bytes == round((400 + 100 * 360 * DAYS_PER_MONTH) * MB)
    assert {month.with_cleanup.stored_bytes for month in estimate.months} == {1900 * MB}
    assert last.with_cleanup.usd == pytest.approx(0.10 * 1900 / 1024)
    middle = (400 + 100 * 30 * DAYS_PER_MONTH * 11.5) / 1024 * 0.10
    assert last.without_cleanup.usd == pytest.approx(middle)
    assert estimate.inputs.new_bytes_per_week == 7 * 30 * 100 * MB


@given(inputs=INPUTS)
def test_cleanup_never_stores_or_costs_more(inputs: EstimateInputs) -> None:
    estimate = estimate_cost(inputs)
    limit = inputs.image_bytes * (1 + inputs.new_share * (inputs.kept_images - 1))
    for month in estimate.months:
        assert month.with_cleanup.stored_bytes <= month.without_cleanup.stored_bytes
        assert month.with_cleanup.usd <= month.without_cleanup.usd + ROUNDING / BYTES_PER_GB
        assert month.with_cleanup.stored_bytes <= limit + ROUNDING
    assert estimate.usd_saved >= -ROUNDING * inputs.months / BYTES_PER_GB


@given(inputs=INPUTS)
def test_nothing_is_saved_if_all_images_are_kept(inputs: EstimateInputs) -> None:
    builds = inputs.builds_per_day * DAYS_PER_MONTH * inputs.months
    estimate = estimate_cost(replace(inputs, kept_images=int(builds) + 1))
    assert all(month.with_cleanup == month.without_cleanup for month in estimate.months)
    assert estimate.usd_saved == 0


@given(inputs=INPUTS)
def test_images_without_shared_layers(inputs: EstimateInputs) -> None:
    inputs = replace(inputs, new_share=1.0)
    builds = inputs.builds_per_day * DAYS_PER_MONTH * inputs.months
    last = estimate_cost(inputs).months[-1]
    assert last.without_cleanup.stored_bytes == pytest.approx(
        builds * inputs.image_bytes, abs=ROUNDING
    )
    kept = min(builds, inputs.kept_images)
    assert last.with_cleanup.stored_bytes == pytest.approx(kept * inputs.image_bytes, abs=ROUNDING)


@given(inputs=INPUTS)
def test_equal_images_are_stored_once(inputs: EstimateInputs) -> None:
    estimate = estimate_cost(replace(inputs, new_share=0.0, builds_per_day=1.0))
    assert {month.without_cleanup.stored_bytes for month in estimate.months} == {inputs.image_bytes}


@given(inputs=INPUTS)
def test_the_sums_are_those_of_the_months(inputs: EstimateInputs) -> None:
    estimate = estimate_cost(inputs)
    assert len(estimate.months) == inputs.months
    without = sum(month.without_cleanup.usd for month in estimate.months)
    with_ = sum(month.with_cleanup.usd for month in estimate.months)
    assert (estimate.usd_without_cleanup, estimate.usd_with_cleanup) == (without, with_)
    assert estimate.usd_saved == without - with_


@given(smaller=INPUTS, larger=INPUTS)
def test_more_of_any_input_never_costs_less(
    smaller: EstimateInputs, larger: EstimateInputs
) -> None:
    for name in EstimateInputs.__slots__:
        low, high = sorted((getattr(smaller, name), getattr(larger, name)))
        _expect_no_less(
            estimate_cost(replace(smaller, **{name: low})),
            estimate_cost(replace(smaller, **{name: high})),
        )


def _expect_no_less(low: CostEstimate, high: CostEstimate) -> None:
    rounding = ROUNDING * len(high.months) / BYTES_PER_GB
    assert low.usd_without_cleanup <= high.usd_without_cleanup + rounding
    assert low.usd_with_cleanup <= high.usd_with_cleanup + rounding
    for before, after in zip(low.months, high.months, strict=False):
        assert before.without_cleanup.stored_bytes <= after.without_cleanup.stored_bytes + ROUNDING
        assert before.with_cleanup.stored_bytes <= after.with_cleanup.stored_bytes + ROUNDING


@given(
    size=st.integers(1, 2 * BYTES_PER_GB),
    share=st.floats(0, 1),
    builds_per_month=st.integers(1, 200),
    kept=st.integers(1, 300),
    months=st.integers(1, 3),
)
def test_as_a_registry_filled_build_by_build(
    size: int, share: float, builds_per_month: int, kept: int, months: int
) -> None:
    """The average of a month is between those before each build and after each build."""
    per_day = builds_per_month / DAYS_PER_MONTH
    estimate = estimate_cost(EstimateInputs(size, share, per_day, kept, months))
    stored = [0.0, *_stored_after_builds(size, share, builds_per_month * months, kept)]
    for number, month in enumerate(estimate.months):
        first, last = number * builds_per_month, (number + 1) * builds_per_month
        assert month.with_cleanup.stored_bytes == pytest.approx(stored[last], abs=ROUNDING)
        least = sum(stored[first:last]) / builds_per_month
        most = sum(stored[first + 1 : last + 1]) / builds_per_month
        average = month.with_cleanup.usd / DEFAULT_USD * BYTES_PER_GB
        assert least - ROUNDING <= average <= most + ROUNDING


def _stored_after_builds(size: int, share: float, builds: int, kept: int) -> Iterator[float]:
    """Each image has a layer that all share, and a layer of its own."""
    images: deque[dict[str, float]] = deque(maxlen=kept)
    for build in range(builds):
        images.append({"shared": size * (1 - share), f"own {build}": size * share})
        layers = {name: length for image in images for name, length in image.items()}
        yield sum(layers.values())
