"""The costs of repositories with what takes their storage, and with a policy to try."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.prices import StorageCost, total_cost
from bot.core.repository_cost import (
    RepositoryCost,
    TotalCost,
    TriedCost,
    YearlyCost,
    total_cost_of,
)
from bot.core.storage_breakdown import StorageBreakdown
from bot.core.storage_history import StorageDay


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
class StorageWeek:
    """What repositories stored at the end of a week, in bytes, without those of unknown size.

    `undivided_bytes`: of repositories where it is unknown what is in use and what could be freed.
    `reconstructed_bytes`: of those that were not scanned by then. `is_known`: whether the size of
    any repository is known.
    """

    at: datetime
    in_use_bytes: int
    rule_kept_bytes: int
    freeable_bytes: int
    undivided_bytes: int
    reconstructed_bytes: int
    is_known: bool

    @property
    def stored_bytes(self) -> int:
        divided = self.in_use_bytes + self.rule_kept_bytes + self.freeable_bytes
        return divided + self.undivided_bytes + self.reconstructed_bytes


@dataclass(frozen=True, slots=True)
class CostSummary:
    """Several repositories, or one. `weeks`: the last 12, oldest first.
    `tried_freeable`: as far as known. `tried_year`: the next 12 months with the tried policy."""

    costs: Sequence[DetailedCost]
    total: TotalCost
    weeks: Sequence[StorageWeek]
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
        weeks=_weeks(each.cost for each in costs),
        tried_freeable=total_cost(filter(None, (each.tried_freeable for each in costs))),
        tried_year=total_cost_of(tried).with_policy,
    )


def _weeks(costs: Iterable[RepositoryCost]) -> Sequence[StorageWeek]:
    """The scans of one command are some minutes apart, so its weeks end at different times."""
    by_weeks_ago: defaultdict[int, list[StorageDay]] = defaultdict(list)
    for cost in costs:
        for number, day in enumerate(reversed(cost.weeks)):
            by_weeks_ago[number].append(day)
    return [storage_week(days) for _, days in sorted(by_weeks_ago.items(), reverse=True)]


def storage_week(days: Sequence[StorageDay]) -> StorageWeek:
    """`days`: one for each repository, at least one."""
    known = [day for day in days if day.stored_bytes is not None]
    measured = [day for day in known if day.is_measured]
    divided = [day for day in measured if day.rule_kept_bytes is not None]
    return StorageWeek(
        at=max(day.at for day in days),
        in_use_bytes=sum(day.in_use_bytes or 0 for day in divided),
        rule_kept_bytes=sum(day.rule_kept_bytes or 0 for day in divided),
        freeable_bytes=sum(day.freeable_bytes or 0 for day in divided),
        undivided_bytes=sum(_stored(day) for day in measured if day.rule_kept_bytes is None),
        reconstructed_bytes=sum(_stored(day) for day in known if not day.is_measured),
        is_known=bool(known),
    )


def _stored(day: StorageDay) -> int:
    return day.stored_bytes or 0
