"""The size of all repositories, the possible savings, and what changed, as far as it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.plan import EXECUTED, PlanState
from bot.core.prices import RegionPrices, StorageCost, total_cost
from bot.core.records import KnownRepository, LastScan
from bot.core.repository import RepositoryId

_IN_PART = frozenset({PlanState.FAILED, PlanState.STOPPED})

_NOTABLE_BYTES = 10 * 2**20
_NOTABLE_SHARE = 0.01
"""Smaller changes are not worth a reader's time."""


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


@dataclass(frozen=True, slots=True)
class StorageChange:
    """What a repository stored at an earlier time, and what it stores now, in bytes."""

    before_bytes: int
    now_bytes: int

    @property
    def bytes(self) -> int:
        """Negative if the repository stores less now."""
        return self.now_bytes - self.before_bytes

    @property
    def is_notable(self) -> bool:
        return abs(self.bytes) >= max(_NOTABLE_BYTES, _NOTABLE_SHARE * self.before_bytes)


@dataclass(frozen=True, slots=True)
class TotalChange:
    """A sum over repositories. `change`: negative if they store less now."""

    repositories: int
    change: StorageCost


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


def storage_changes(
    known: Iterable[KnownRepository], before: Mapping[str, int], since: datetime
) -> Mapping[RepositoryId, StorageChange]:
    """Of all repositories of known sizes that were scanned before `since`, and later scanned again
    or cleaned up. `before`: the bytes that they stored at `since`, by URI."""
    changes = (
        (each.repository, _change(each, before[each.repository.uri], since))
        for each in known
        if each.repository.uri in before
    )
    return {repository: change for repository, change in changes if change}


def total_change(
    changes: Mapping[RepositoryId, StorageChange], prices: RegionPrices
) -> TotalChange:
    costs = (prices.cost_of(repository, each.bytes) for repository, each in changes.items())
    return TotalChange(len(changes), total_cost(costs))


def _change(known: KnownRepository, before_bytes: int, since: datetime) -> StorageChange | None:
    now_bytes = storage_of(known).stored_bytes
    if known.last_scan is None or now_bytes is None:
        return None
    was_scanned_again = known.last_scan.at > since
    is_known = was_scanned_again or now_bytes != before_bytes
    return StorageChange(before_bytes, now_bytes) if is_known else None


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
