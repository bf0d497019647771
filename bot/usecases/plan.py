"""Plans the cleanup of a repository. Deletes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.coverage import Coverage
from bot.core.errors import ServiceError
from bot.core.evidence import Evidence
from bot.core.manifest import Manifest
from bot.core.plan import Plan, make_plan
from bot.core.policy import PinEntry, PolicyEntry, pins_for, policy_for
from bot.core.records import PinRemoval, RepositoryPin, TagScan
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import Prices
from bot.core.snapshot import Snapshot
from bot.core.tag_history import renewed_at, scan_tags
from bot.core.usage import Look
from bot.ports import Clock, ManifestCache, Progress, Registry, Store
from bot.usecases.check_authority import Authority
from bot.usecases.find_repositories import Found
from bot.usecases.take_inventory import Inventory, InventoryTaker


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, since when what it rests on may have changed, the pins of the store and their
    removals that it knows, and the tags as they are now."""

    plan: Plan
    looked_at: datetime
    pins: Sequence[RepositoryPin]
    removals: Sequence[PinRemoval]
    tags: TagScan


@dataclass(frozen=True, slots=True)
class Planner:
    """`snapshot` and `coverage`: what was in use at `looked_at`, and how far that looked.
    `store` None: nobody ever pinned or proposed anything here. `authority` judges who removed
    pins."""

    snapshot: Snapshot
    looked_at: datetime
    coverage: Coverage
    policies: Sequence[PolicyEntry]
    pins: Sequence[PinEntry]
    usd_per_gb_month: float
    cache: ManifestCache
    store: Store | None
    authority: Authority
    clock: Clock
    progress: Progress

    def plan(self, found: Found, gone: Sequence[Manifest] = ()) -> Planned:
        """`gone`: manifests that are judged as if they were still there.

        Raises ServiceError if the images cannot be listed; whatever else cannot be read makes the
        plan incomplete, or its savings inexact."""
        now = self.clock()
        repository, registry = found.repository, found.registry
        inventory = InventoryTaker(registry, self.cache, self.clock, self.progress).take(repository)
        pins, removals = pins_and_removals(self.store, repository)
        still_on = self.authority.pins_still_on(repository, removals, now)
        tags = self._tags(repository, inventory, now)
        deleted_also_in, looks = self._look_beyond(found)
        evidence = Evidence(
            policy=policy_for(self.policies, repository),
            now=now,
            usage=self.snapshot.of(repository, looks, deleted_also_in),
            pins=(
                *pins_for(self.pins, repository),
                *(each.pin for each in pins),
                *(each.pin for each in still_on),
            ),
            renewed_at=renewed_at(tags),
            subjects_seen=inventory.subjects_seen,
            deleted_also_in=deleted_also_in,
        )
        prices = Prices(self.usd_per_gb_month, _layers_stay_within(registry))
        return Planned(
            make_plan(repository, _besides(inventory.manifests, gone), evidence, prices),
            self.looked_at,
            pins,
            removals,
            tags,
        )

    def _tags(self, repository: RepositoryId, inventory: Inventory, now: datetime) -> TagScan:
        """Nothing, where nobody would remember it."""
        if self.store is None:
            return TagScan(now, {}, {})
        return scan_tags(self.store.tag_scan(repository), inventory.manifests, now)

    def _look_beyond(self, found: Found) -> tuple[tuple[RegistryId, ...], list[Look]]:
        """Where deletions go besides, and a look for everything beyond what the sources see."""
        looks: list[Look] = []
        repository, registry = found.repository, found.registry
        try:
            accounts = registry.accounts_that_may_pull(repository)
            if unseen := self.coverage.unseen_pullers(accounts):
                looks.append(_failed("repository policy", repository, _unseen_pullers(unseen)))
        except ServiceError as error:
            looks.append(_failed("repository policy", repository, str(error)))
        destinations: tuple[RegistryId, ...] = ()
        try:
            destinations = registry.deleted_also_in(repository)
            if places := ", ".join(map(str, self.coverage.unseen(destinations))):
                looks.append(_failed("replication", repository, _unseen_destination(places)))
        except ServiceError as error:
            looks.append(_failed("replication", repository, str(error)))
        return destinations, looks


def pins_and_removals(
    store: Store | None, repository: RepositoryId
) -> tuple[Sequence[RepositoryPin], Sequence[PinRemoval]]:
    """In this order, so that a pin that is removed meanwhile is in one of the two at least."""
    if store is None:
        return (), ()
    pins = store.pins(repository.uri)
    return pins, store.pin_removals(repository.uri)


def _besides(there: Sequence[Manifest], gone: Sequence[Manifest]) -> Sequence[Manifest]:
    """What was pushed again is there."""
    if not gone:
        return there
    digests = {manifest.digest for manifest in there}
    return (*there, *(manifest for manifest in gone if manifest.digest not in digests))


def _failed(source: str, repository: RepositoryId, why: str) -> Look:
    return Look(source, repository.uri, 0, why)


def _unseen_pullers(accounts: Sequence[str]) -> str:
    if "*" in accounts:
        return (
            "it lets accounts pull that it does not name: name them in the policy, or put '*' "
            "into usage.ignore_accounts if none of them needs a look"
        )
    return (
        f"it lets {', '.join(accounts)} pull, where nobody looks: add them to usage.accounts, or "
        "to usage.ignore_accounts if they need no look"
    )


def _unseen_destination(places: str) -> str:
    return (
        f"deletions are carried to {places}, where nobody looks: add that to usage.accounts or "
        "usage.regions, or switch deleteReplication off"
    )


def _layers_stay_within(registry: Registry) -> bool:
    """An unreadable setting counts as shared layers: the savings are then said to be inexact."""
    try:
        return registry.layers_stay_within_repositories()
    except ServiceError:
        return False
