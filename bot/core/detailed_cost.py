"""The costs of repositories with what takes their storage, and with a policy to try."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.prices import StorageCost, total_cost
from bot.core.repository_cost import (
    RepositoryCost,
    TotalCost,
    TriedCost,
    YearlyCost,
    total_cost_of,
)
from bot.core.storage_breakdown import StorageBreakdown


@dataclass(frozen=True, slots=True)
class DetailedCost:
    """`tried` None: no policy is tried."""

    cost: RepositoryCost
    breakdown: StorageBreakdown
    tried: TriedCost | None

    @property
    def tried_freeable(self) -> StorageCost | None:
        """None: no policy is tried, or unknown."""
        if self.tried is None or self.tried.freed_bytes is None:
            return None
        return self.cost.cost_of(self.tried.freed_bytes)


@dataclass(frozen=True, slots=True)
class CostSummary:
    """Several repositories, or one. `tried_freeable`: as far as known. `tried_year`: the next 12
    months with the tried policy."""

    costs: Sequence[DetailedCost]
    total: TotalCost
    tried_freeable: StorageCost
    tried_year: YearlyCost | None

    @property
    def without_cleanup(self) -> YearlyCost | None:
        return self.total.without_cleanup

    @property
    def with_policy(self) -> YearlyCost | None:
        """None: unknown in all repositories."""
        return self.total.with_policy if self.knows_usage else None

    @property
    def with_tried(self) -> YearlyCost | None:
        """None: unknown in all repositories, or no policy is tried."""
        return self.tried_year if self.knows_usage else None

    @property
    def unknown_growth(self) -> int:
        """How many repositories, without empty ones, are not in the sums of the next 12 months."""
        unknown = [each.cost.now for each in self.costs if each.cost.without_cleanup is None]
        return sum(day.stored_bytes != 0 for day in unknown)

    @property
    def knows_usage(self) -> bool:
        """Whether the bytes in use and those that could be freed are known, at least in one."""
        return self.total.unknown_usage < self.total.repositories

    @property
    def has_tried(self) -> bool:
        return any(each.tried for each in self.costs)


def summarize(costs: Sequence[DetailedCost]) -> CostSummary:
    tried = [replace(each.cost, with_policy=each.tried.projection) for each in costs if each.tried]
    return CostSummary(
        costs=costs,
        total=total_cost_of(each.cost for each in costs),
        tried_freeable=total_cost(filter(None, (each.tried_freeable for each in costs))),
        tried_year=total_cost_of(tried).with_policy,
    )
