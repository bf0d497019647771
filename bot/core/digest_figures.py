"""The numbers in a digest: plans by state, possible savings, and what the repositories stored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from bot.core.digests import DigestReport
from bot.core.permissions import why_unapprovable
from bot.core.plan import PlanState
from bot.core.prices import NO_COST, RegionPrices, StorageCost, total_cost
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import NothingToDelete
from bot.core.report_schedules import ReportOutcome
from bot.core.storage_history import WEEK, StorageHistory

WEEKS = 12


class PlanWithSaving(NamedTuple):
    """`saving`: what the plan frees, or has freed if it was executed. Nothing for an incomplete
    plan, since it does not know all images in use."""

    plan: PlanRecord
    saving: StorageCost


class StoredBytes(NamedTuple):
    """What all repositories stored together."""

    at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class DigestFigures:
    """`plans`: all that the digest lists, those with the largest savings first. `waiting`: those
    that can be approved; `blocked`: those that cannot, although they may delete something.
    `last_week`: what the plans of those that wait could have saved a week ago, None if unknown.
    `stored`: at the ends of the last weeks, oldest first. `outcomes`: numbers of reports; None:
    still being planned."""

    plans: Sequence[PlanWithSaving]
    waiting: Sequence[PlanWithSaving]
    blocked: Sequence[PlanWithSaving]
    last_week: StorageCost | None
    stored: Sequence[StoredBytes]
    outcomes: Counter[ReportOutcome | None]

    @classmethod
    def of(
        cls,
        reports: Sequence[DigestReport],
        histories: Mapping[str, StorageHistory],
        prices: RegionPrices,
        now: datetime,
    ) -> Self:
        """`histories`: by URI."""
        plans = _by_saving(reports, prices)
        proposed = [each for each in plans if each.plan.state is PlanState.PROPOSED]
        waiting = [each for each in proposed if why_unapprovable(each.plan) is None]
        return cls(
            plans=plans,
            waiting=waiting,
            blocked=[each for each in proposed if is_blocked(each.plan)],
            last_week=_saving_at(now - WEEK, waiting, histories, prices),
            stored=_stored(reports, histories, now),
            outcomes=Counter(each.report.outcome for each in reports),
        )

    def saving(self, plans: Iterable[PlanWithSaving]) -> StorageCost:
        return total_cost(each.saving for each in plans)

    def in_state(self, *states: PlanState) -> Sequence[PlanWithSaving]:
        return [each for each in self.plans if each.plan.state in states]


def is_blocked(plan: PlanRecord) -> bool:
    """Whether a proposed plan cannot be approved, although it may delete something."""
    return not isinstance(why_unapprovable(plan), NothingToDelete | None)


def _by_saving(reports: Iterable[DigestReport], prices: RegionPrices) -> Sequence[PlanWithSaving]:
    plans = [each.plan for each in reports if each.plan]
    return sorted(
        (PlanWithSaving(plan, _saving(plan, prices)) for plan in plans), key=_largest_first
    )


def _saving(plan: PlanRecord, prices: RegionPrices) -> StorageCost:
    return prices.cost_of(plan.repository, plan.freed_bytes) if plan.complete else NO_COST


def _largest_first(each: PlanWithSaving) -> tuple[float, int, str]:
    return -each.saving.usd_per_month, -each.saving.bytes, each.plan.repository.name


def _saving_at(
    moment: datetime,
    plans: Iterable[PlanWithSaving],
    histories: Mapping[str, StorageHistory],
    prices: RegionPrices,
) -> StorageCost | None:
    """What earlier plans of the repositories would have saved. None if none is known."""
    found: list[StorageCost] = []
    for plan, _ in plans:
        history = histories.get(plan.repository.uri)
        day = history.at(moment) if history else None
        if day and day.freeable_bytes is not None:
            found.append(prices.cost_of(plan.repository, day.freeable_bytes))
    return total_cost(found) if found else None


def _stored(
    reports: Iterable[DigestReport], histories: Mapping[str, StorageHistory], now: datetime
) -> Sequence[StoredBytes]:
    sums: Counter[datetime] = Counter()
    for report, _ in reports:
        history = histories.get(report.repository)
        for day in history.weekly(now, WEEKS) if history else ():
            if day.stored_bytes is not None:
                sums[day.at] += day.stored_bytes
    return [StoredBytes(at, sums[at]) for at in sorted(sums)]
