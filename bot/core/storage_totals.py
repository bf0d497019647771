"""The size of all repositories and the possible savings, as far as they are known."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.plan import EXECUTED, PlanState
from bot.core.prices import RegionPrices, StorageCost, total_cost
from bot.core.records import KnownRepository, LastScan

_IN_PART = frozenset({PlanState.FAILED, PlanState.STOPPED})


@dataclass(frozen=True, slots=True)
class RepositoryStorage:
    """The size of a repository and its possible savings, in bytes. `could_free_bytes`: those of its
    last plan, 0 after the plan is done. None: unknown."""

    stored_bytes: int | None
    could_free_bytes: int | None


@dataclass(frozen=True, slots=True)
class StorageTotals:
    """Sums over repositories. `unknown`: the number of those without a known size."""

    repositories: int
    unknown: int
    stored: StorageCost
    could_free: StorageCost


def storage_of(known: KnownRepository) -> RepositoryStorage:
    if known.last_scan is None:
        return RepositoryStorage(None, None)
    return RepositoryStorage(_stored(known.last_scan), _could_free(known.last_scan))


def storage_totals(known: Iterable[KnownRepository], prices: RegionPrices) -> StorageTotals:
    holdings = [(each.repository, storage_of(each)) for each in known]
    return StorageTotals(
        repositories=len(holdings),
        unknown=sum(held.stored_bytes is None for _, held in holdings),
        stored=total_cost(prices.cost_of(of, held.stored_bytes or 0) for of, held in holdings),
        could_free=total_cost(
            prices.cost_of(of, held.could_free_bytes or 0) for of, held in holdings
        ),
    )


def _stored(scan: LastScan) -> int | None:
    """Without the bytes that were freed since the scan, whether ECR confirmed the deletions or
    not."""
    if scan.stored_bytes is None or scan.plan.state not in EXECUTED:
        return scan.stored_bytes
    freed = scan.plan.freed_bytes + scan.plan.unconfirmed_bytes
    return max(0, scan.stored_bytes - freed)


def _could_free(scan: LastScan) -> int | None:
    """Unknown for an incomplete plan, and, until the next scan, after a run that deleted only
    some images."""
    if not scan.plan.complete or scan.plan.state in _IN_PART:
        return None
    return 0 if scan.plan.state is PlanState.DONE else scan.plan.freed_bytes
