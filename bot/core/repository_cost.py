"""What repositories cost, what they will cost in 12 months, and how they grew."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from math import hypot

from bot.core.plan import Plan
from bot.core.plan_problems import UnscannedReplicaRegistries
from bot.core.prices import GbPrice, StorageCost, total_cost, usd_per_month
from bot.core.repository import RegistryId, RepositoryId
from bot.core.storage_history import RunFreed, StorageDay, StorageHistory
from bot.core.storage_projection import (
    WEEKS,
    MonthlyStorage,
    WeeklyGrowth,
    project,
    project_policy,
    usd_of_year,
    weekly_growth,
)


@dataclass(frozen=True, slots=True)
class ReplicatedCopy:
    """A registry with replicated copies of all images, to which deletions are replicated, too."""

    registry: RegistryId
    price: GbPrice


@dataclass(frozen=True, slots=True)
class Projection:
    """Storage in the next 12 months. `start_bytes`: at the start, after a first cleanup."""

    start_bytes: int
    months: Sequence[MonthlyStorage]

    def usd_of_year(self, usd_per_gb_month: float) -> float:
        ends = [month.stored_bytes for month in self.months]
        return usd_of_year(self.start_bytes, ends, usd_per_gb_month)


@dataclass(frozen=True, slots=True)
class RepositoryCost:
    """`now`: the last scan, without what runs freed since then. `weeks`: the states of the last 12
    weeks, oldest first. `runs`: all so far, oldest first.

    `growth` None: too little is known of the past. `without_cleanup`, `with_policy` None: growth or
    bytes are unknown.
    """

    repository: RepositoryId
    price: GbPrice
    copies: Sequence[ReplicatedCopy]
    scanned_at: datetime
    now: StorageDay
    weeks: Sequence[StorageDay]
    runs: Sequence[RunFreed]
    growth: WeeklyGrowth | None
    without_cleanup: Projection | None
    with_policy: Projection | None

    @property
    def freed_bytes(self) -> int:
        """By all runs so far."""
        return sum(run.freed_bytes for run in self.runs)

    @property
    def usd_per_gb_month(self) -> float:
        """Of the images and their copies."""
        return self.price.usd + sum(each.price.usd for each in self.copies)

    def cost_of(self, number_of_bytes: int) -> StorageCost:
        """`number_of_bytes`: without the copies, whose price is added."""
        return StorageCost(number_of_bytes, usd_per_month(number_of_bytes, self.usd_per_gb_month))


def repository_cost(
    repository: RepositoryId,
    history: StorageHistory,
    price: GbPrice,
    copies: Sequence[ReplicatedCopy],
    moment: datetime,
) -> RepositoryCost | None:
    """None if the repository was never scanned."""
    now = history.at(moment)
    if now is None or not now.is_measured:
        return None
    growth = weekly_growth(history.new_bytes_by_week(WEEKS))
    return RepositoryCost(
        repository=repository,
        price=price,
        copies=copies,
        scanned_at=now.at,
        now=now,
        weeks=history.weekly(moment, WEEKS),
        runs=history.runs,
        growth=growth,
        without_cleanup=_without_cleanup(now, growth),
        with_policy=projection_of_policy(now, growth),
    )


def _without_cleanup(now: StorageDay, growth: WeeklyGrowth | None) -> Projection | None:
    if now.stored_bytes is None or growth is None:
        return None
    return Projection(now.stored_bytes, project(now.stored_bytes, growth))


def projection_of_policy(day: StorageDay, growth: WeeklyGrowth | None) -> Projection | None:
    """`day`: measured with this policy. `growth`: without cleanup. None if something is unknown."""
    if day.stored_bytes is None or day.freeable_bytes is None or day.policy_growth is None:
        return None
    if growth is None:
        return None
    kept_bytes = day.stored_bytes - day.freeable_bytes
    return Projection(kept_bytes, project_policy(kept_bytes, day.policy_growth, growth))


def replicated_copies(plan: Plan, price_of: Callable[[str], GbPrice]) -> Sequence[ReplicatedCopy]:
    """In the registries to which the plan's deletions are replicated, if their usage is scanned.
    `price_of`: by Region."""
    unscanned = {
        registry
        for scan in plan.usage.scans
        if isinstance(scan.failure, UnscannedReplicaRegistries)
        for registry in scan.failure.registries
    }
    return [
        ReplicatedCopy(registry, price_of(registry.region))
        for registry in plan.deleted_also_in
        if registry not in unscanned
    ]


@dataclass(frozen=True, slots=True)
class TriedCost:
    """What a tried policy would do now, and storage in the next 12 months with it. `keep`: its
    rules, as the user wrote them. None: unknown."""

    keep: Sequence[str]
    deletions: int | None
    freed_bytes: int | None
    projection: Projection | None


@dataclass(frozen=True, slots=True)
class YearlyCost:
    """Storage in the next 12 months, and what the 12 months cost in USD."""

    projection: Projection
    usd: float


@dataclass(frozen=True, slots=True)
class TotalCost:
    """Sums over repositories. Repositories with unknown bytes are left out of each sum that needs
    them. `unknown_size`, `unknown_usage`: how many have an unknown size, or unknown in use and
    freeable bytes. `weeks`: as in `RepositoryCost`. `growth`, `without_cleanup` and `with_policy`:
    of the repositories with a known growth; None if there are none. `with_policy`: nothing is
    deleted in repositories of which it is unknown what the policy deletes."""

    repositories: int
    unknown_size: int
    unknown_usage: int
    stored: StorageCost
    in_use: StorageCost
    rule_kept: StorageCost
    freeable: StorageCost
    freed: StorageCost
    weeks: Sequence[StorageDay]
    growth: WeeklyGrowth | None
    without_cleanup: YearlyCost | None
    with_policy: YearlyCost | None


def total_cost_of(costs: Iterable[RepositoryCost]) -> TotalCost:
    every = _with_each_copy_once(list(costs))
    growths = [each.growth for each in every if each.growth]
    return TotalCost(
        repositories=len(every),
        unknown_size=sum(each.now.stored_bytes is None for each in every),
        unknown_usage=sum(each.now.freeable_bytes is None for each in every),
        stored=_sum(every, lambda each: each.now.stored_bytes),
        in_use=_sum(every, lambda each: each.now.in_use_bytes),
        rule_kept=_sum(every, lambda each: each.now.rule_kept_bytes),
        freeable=_sum(every, lambda each: each.now.freeable_bytes),
        freed=_sum(every, lambda each: each.freed_bytes),
        weeks=_total_weeks(each.weeks for each in every),
        growth=_total_growth(growths),
        without_cleanup=_total_year(every, lambda each: each.without_cleanup),
        with_policy=_total_year(every, lambda each: each.with_policy or each.without_cleanup),
    )


def _with_each_copy_once(costs: Sequence[RepositoryCost]) -> Sequence[RepositoryCost]:
    own = {(each.repository.registry, each.repository.name) for each in costs}
    return [without_copies_in(each, own) for each in costs]


def without_copies_in(
    cost: RepositoryCost, repositories: AbstractSet[tuple[RegistryId, str]]
) -> RepositoryCost:
    """Without copies in repositories whose own costs are counted, too. `repositories`: registries
    and names."""
    name = cost.repository.name
    return replace(
        cost, copies=[each for each in cost.copies if (each.registry, name) not in repositories]
    )


def _sum(
    costs: Iterable[RepositoryCost], bytes_of: Callable[[RepositoryCost], int | None]
) -> StorageCost:
    known = ((each, bytes_of(each)) for each in costs)
    return total_cost(each.cost_of(size) for each, size in known if size is not None)


def _total_weeks(of_repositories: Iterable[Sequence[StorageDay]]) -> Sequence[StorageDay]:
    """A week is measured if it is measured for all repositories with a known size. The scans of one
    command are some minutes apart, so its weeks end at different times."""
    by_weeks_ago: defaultdict[int, list[StorageDay]] = defaultdict(list)
    for weeks in of_repositories:
        for number, day in enumerate(reversed(weeks)):
            if day.stored_bytes is not None:
                by_weeks_ago[number].append(day)
    return [
        StorageDay(
            at=max(day.at for day in days),
            manifests=sum(day.manifests for day in days),
            stored_bytes=sum(day.stored_bytes or 0 for day in days),
            in_use_bytes=_sum_if_known(day.in_use_bytes for day in days),
            freeable_bytes=_sum_if_known(day.freeable_bytes for day in days),
            is_measured=all(day.is_measured for day in days),
        )
        for _, days in sorted(by_weeks_ago.items(), reverse=True)
    ]


def _sum_if_known(numbers: Iterable[int | None]) -> int | None:
    every = list(numbers)
    known = [number for number in every if number is not None]
    return sum(known) if len(known) == len(every) else None


def _total_growth(growths: Sequence[WeeklyGrowth]) -> WeeklyGrowth | None:
    """The repositories grow independently of each other."""
    if not growths:
        return None
    expected = sum(each.expected for each in growths)
    return WeeklyGrowth(
        expected,
        max(0.0, expected - hypot(*(each.expected - each.low for each in growths))),
        expected + hypot(*(each.high - each.expected for each in growths)),
    )


def _total_year(
    costs: Iterable[RepositoryCost], projection_of: Callable[[RepositoryCost], Projection | None]
) -> YearlyCost | None:
    known = [(each, found) for each in costs if (found := projection_of(each))]
    if not known:
        return None
    months = zip(*(projection.months for _, projection in known), strict=True)
    return YearlyCost(
        Projection(
            sum(projection.start_bytes for _, projection in known),
            [_total_month(each) for each in months],
        ),
        sum(projection.usd_of_year(each.usd_per_gb_month) for each, projection in known),
    )


def _total_month(months: Sequence[MonthlyStorage]) -> MonthlyStorage:
    """The repositories grow independently of each other."""
    expected = sum(month.stored_bytes for month in months)
    below = hypot(*(month.stored_bytes - month.low_bytes for month in months))
    above = hypot(*(month.high_bytes - month.stored_bytes for month in months))
    number = months[0].number
    return MonthlyStorage(number, expected, round(expected - below), round(expected + above))
