"""The cost calculator: what a repository stores and costs each month, with and without cleanup.

Each build adds one image, of which a share is new and the rest is layers of earlier images. With
cleanup, the newest images are kept, and the new layers of all older images are freed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.core.savings import usd_per_month

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Builds:
    """`image_bytes`: the size of one image. `new_share`: the part of each image that no earlier
    image has, from 0 to 1. `kept`: how many images cleanup keeps."""

    image_bytes: int
    new_share: float
    per_day: float
    kept: int


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """`stored_bytes`: at the end of the month. `usd`: for the average of the month, as AWS bills
    it."""

    stored_bytes: int
    usd: float


@dataclass(frozen=True, slots=True)
class EstimatedMonth:
    """`number`: from 1."""

    number: int
    without_cleanup: MonthlyCost
    with_cleanup: MonthlyCost


def estimate(builds: Builds, months: int, usd_per_gb_month: float) -> Sequence[EstimatedMonth]:
    """Of a repository that is empty at first."""
    return [
        EstimatedMonth(
            number,
            _cost(builds, number, usd_per_gb_month, kept=float("inf")),
            _cost(builds, number, usd_per_gb_month, kept=builds.kept),
        )
        for number in range(1, months + 1)
    ]


def total_usd(months: Sequence[EstimatedMonth]) -> tuple[float, float]:
    """Without and with cleanup."""
    return (
        sum(month.without_cleanup.usd for month in months),
        sum(month.with_cleanup.usd for month in months),
    )


def _cost(builds: Builds, month: int, usd_per_gb_month: float, *, kept: float) -> MonthlyCost:
    """Between its two kinks, at the first image and at the last one that cleanup keeps, storage
    grows evenly: the average of a part is that of its ends."""
    first, last = (builds.per_day * DAYS_PER_MONTH * number for number in (month - 1, month))
    kinks = sorted({first, last, *(kink for kink in (1.0, kept) if first < kink < last)})
    parts = pairwise(kinks)
    weighted = (
        (end - start) * (_stored(builds, start, kept) + _stored(builds, end, kept)) / 2
        for start, end in parts
    )
    average = sum(weighted) / (last - first) if last > first else 0.0
    stored = round(_stored(builds, last, kept))
    return MonthlyCost(stored, usd_per_month(round(average), usd_per_gb_month))


def _stored(builds: Builds, number: float, kept: float) -> float:
    """Bytes after so many builds. The first image is new as a whole."""
    present = min(number, kept)
    if present < 1:
        return present * builds.image_bytes
    return builds.image_bytes * (1 + builds.new_share * (present - 1))
