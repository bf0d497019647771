"""The cost calculator: what a repository stores and costs each month, with and without cleanup.

The model: builds come evenly, and each adds one image. A share of it is new. The rest is layers
that every image has, stored once. Cleanup runs after each build and keeps the newest images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from bot.core.prices import DEFAULT_USD, usd_per_month

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class EstimateInputs:
    """`image_bytes`: the size of each image. `new_share`: the part of an image that no earlier
    image has, from 0 to 1. `builds_per_day`: more than 0. `kept_images`: the images that cleanup
    keeps, at least 1."""

    image_bytes: int
    new_share: float
    builds_per_day: float
    kept_images: int
    months: int

    @property
    def new_bytes_per_week(self) -> int:
        return round(7 * self.builds_per_day * self.new_share * self.image_bytes)


@dataclass(frozen=True, slots=True)
class EstimatedStorage:
    """`stored_bytes`: at the end of the month. `usd`: for the average of the month, as AWS
    bills."""

    stored_bytes: int
    usd: float


@dataclass(frozen=True, slots=True)
class EstimatedMonth:
    """`number`: from 1."""

    number: int
    without_cleanup: EstimatedStorage
    with_cleanup: EstimatedStorage


@dataclass(frozen=True, slots=True)
class CostEstimate:
    inputs: EstimateInputs
    usd_per_gb_month: float
    months: Sequence[EstimatedMonth]

    @property
    def usd_without_cleanup(self) -> float:
        """Of all months."""
        return sum(month.without_cleanup.usd for month in self.months)

    @property
    def usd_with_cleanup(self) -> float:
        """Of all months."""
        return sum(month.with_cleanup.usd for month in self.months)

    @property
    def usd_saved(self) -> float:
        """In all months."""
        return self.usd_without_cleanup - self.usd_with_cleanup


def estimate_cost(inputs: EstimateInputs) -> CostEstimate:
    """Of a repository that is empty at first, at the default price."""
    months = [
        EstimatedMonth(
            number,
            _storage_in(number, inputs, kept=inf),
            _storage_in(number, inputs, kept=inputs.kept_images),
        )
        for number in range(1, inputs.months + 1)
    ]
    return CostEstimate(inputs, DEFAULT_USD, months)


def _storage_in(month: int, inputs: EstimateInputs, *, kept: float) -> EstimatedStorage:
    first, last = (number * DAYS_PER_MONTH * inputs.builds_per_day for number in (month - 1, month))
    average = _average_bytes(inputs, first, last, kept)
    usd = usd_per_month(round(average), DEFAULT_USD)
    return EstimatedStorage(round(_stored_bytes(inputs, last, kept)), usd)


def _average_bytes(inputs: EstimateInputs, first: float, last: float, kept: float) -> float:
    """From `first` to `last` builds. Storage grows evenly up to the first image, then up to the
    last image that is kept, then not at all: the average of each part is that of its ends."""
    ends = sorted({first, *(end for end in (1.0, kept) if first < end < last), last})
    total = sum(
        (end - start) * (_stored_bytes(inputs, start, kept) + _stored_bytes(inputs, end, kept)) / 2
        for start, end in pairwise(ends)
    )
    return total / (last - first)


def _stored_bytes(inputs: EstimateInputs, builds: float, kept: float) -> float:
    """After so many builds. The first image is new as a whole."""
    images = min(builds, kept)
    if images < 1:
        return images * inputs.image_bytes
    return inputs.image_bytes * (1 + inputs.new_share * (images - 1))
