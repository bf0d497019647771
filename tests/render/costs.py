"""Costs to render: repositories with a history of 12 weeks."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.detailed_cost import DetailedCost
from bot.core.prices import GbPrice, PriceSource
from bot.core.repository import RegistryId, RepositoryId
from bot.core.repository_cost import Projection, TriedCost, repository_cost
from bot.core.storage_breakdown import StorageBreakdown, break_down
from bot.core.storage_history import WEEK, RunFreed, StorageDay, StorageHistory
from bot.core.storage_projection import MONTHS, MonthlyStorage, WeeklyGrowth
from tests.render.builders import GB, image, plan
from tests.support import NOW

EMPTY = StorageBreakdown([], 0, [])
PRICE = GbPrice(0.10, PriceSource.SETTINGS)


def day(
    weeks: int, stored: int | None, *, in_use: int | None = None, freeable: int | None = None
) -> StorageDay:
    """`weeks`: ago. Sizes in GB. Measured if it is known what is in use."""
    return StorageDay(
        NOW - weeks * WEEK,
        manifests=20,
        stored_bytes=None if stored is None else stored * GB,
        in_use_bytes=None if in_use is None else in_use * GB,
        freeable_bytes=None if freeable is None else freeable * GB,
        policy_growth=None if freeable is None else 0,
        is_measured=in_use is not None or weeks == 0,
    )


GROWING = [
    *(day(weeks, 100 + 10 * (12 - weeks)) for weeks in range(12, 3, -1)),
    *(
        day(weeks, 100 + 10 * (12 - weeks), in_use=40, freeable=100 - 5 * weeks)
        for weeks in range(3, -1, -1)
    ),
]
"""10 GB a week. Reconstructed until 3 weeks ago."""


def breakdown() -> StorageBreakdown:
    images = [image(1, "1.0", shared=GB), image(2, "2-SNAPSHOT", size=2 * GB, shared=GB), image(3)]
    return break_down(plan(*images, newest=1))


def projected(start: int, weekly: int, spread: int) -> Projection:
    """In GB. A year has 48 weeks."""
    months = [
        MonthlyStorage(
            number,
            (start + 4 * weekly * number) * GB,
            (start + 4 * (weekly - spread) * number) * GB,
            (start + 4 * (weekly + spread) * number) * GB,
        )
        for number in range(1, MONTHS + 1)
    ]
    return Projection(start * GB, months)


def detailed(
    name: str = "team/api",
    days: Sequence[StorageDay] = GROWING,
    *,
    runs: Sequence[RunFreed] = (),
    region: str = "eu-west-1",
    price: GbPrice = PRICE,
    breakdown: StorageBreakdown = EMPTY,
    tried_freeable: int | None = None,
) -> DetailedCost:
    """Grows by 10 GB a week if `days` are `GROWING`. `tried_freeable`: in GB; None: no policy is
    tried."""
    registry = RegistryId("123456789012", region)
    repository = RepositoryId(registry, name, f"{registry}/{name}")
    cost = repository_cost(repository, StorageHistory(days, runs), price, [], NOW)
    assert cost
    if cost.growth and cost.growth.expected:
        cost = replace(
            cost,
            growth=WeeklyGrowth(10 * GB, 7 * GB, 13 * GB),
            without_cleanup=projected(220, 10, 3),
            with_policy=projected(120, 1, 1) if cost.with_policy else None,
        )
    if tried_freeable is None:
        return DetailedCost(cost, breakdown, None)
    projection = projected(70, 0, 0) if cost.growth else None
    tried = TriedCost(["{newest: 3}"], 12, tried_freeable * GB, projection)
    return DetailedCost(cost, breakdown, tried)
