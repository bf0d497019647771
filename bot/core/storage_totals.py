"""What all repositories hold, and what could be freed, as far as it is known."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.plan import EXECUTED, PlanState
from bot.core.records import KnownRepository, LastScan

_IN_PART = frozenset({PlanState.FAILED, PlanState.STOPPED})


@dataclass(frozen=True, slots=True)
class RepositoryStorage:
    """Bytes. `stored_bytes`: what a repository holds, None where nobody knows; `could_free_bytes`:
    what its last plan would free, 0 once all of that went, None where it is not known."""

    stored_bytes: int | None
    could_free_bytes: int | None


@dataclass(frozen=True, slots=True)
class StorageTotals:
    """Sums of what is known. `unknown`: how many repositories are missing in `stored_bytes`."""

    repositories: int
    unknown: int
    stored_bytes: int
    could_free_bytes: int


def storage_of(known: KnownRepository) -> RepositoryStorage:
    if known.last_scan is None:
        return RepositoryStorage(None, None)
    return RepositoryStorage(_stored(known.last_scan), _could_free(known.last_scan))


def storage_totals(known: Iterable[KnownRepository]) -> StorageTotals:
    holdings = [storage_of(each) for each in known]
    return StorageTotals(
        repositories=len(holdings),
        unknown=sum(each.stored_bytes is None for each in holdings),
        stored_bytes=sum(each.stored_bytes or 0 for each in holdings),
        could_free_bytes=sum(each.could_free_bytes or 0 for each in holdings),
    )


def _stored(scan: LastScan) -> int | None:
    """Less what was freed since the look, whether ECR confirmed it or not."""
    if scan.stored_bytes is None or scan.plan.state not in EXECUTED:
        return scan.stored_bytes
    freed = scan.plan.freed_bytes + scan.plan.unconfirmed_bytes
    return max(0, scan.stored_bytes - freed)


def _could_free(scan: LastScan) -> int | None:
    """What an incomplete plan would free nobody knows, nor what is left of one that was carried out
    in part, until the next look."""
    if not scan.plan.complete or scan.plan.state in _IN_PART:
        return None
    return 0 if scan.plan.state is PlanState.DONE else scan.plan.freed_bytes
