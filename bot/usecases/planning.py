"""Plans the cleanup of a repository. Deletes nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.errors import ErrorText, ServiceError
from bot.core.manifest import Manifest
from bot.core.plan import Plan, make_plan
from bot.core.plan_problems import (
    ScanFailureCause,
    TagHistoryTooShort,
    UnscannedAccountsMayPull,
    UnscannedReplicaRegistries,
    UnscannedServicesMayPull,
)
from bot.core.policy import PinEntry, PlanInputs, PolicyEntry, pins_for, policy_for
from bot.core.prices import GbPrice
from bot.core.records import PinRemoval, RepositoryPin, TagScan
from bot.core.repository import Puller, RegistryId, RepositoryId
from bot.core.savings import SavingsTerms
from bot.core.tag_history import PastTagUsers, find_past_tag_users, retagged_at, scan_tags
from bot.core.usage import ScanCoverage, SourceScan
from bot.core.usage_snapshot import REFERENCES, UsageSnapshot, missing_repositories_scan
from bot.ports import Clock, ManifestCache, PriceOf, Progress, Registry
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.inventory import Inventory, InventoryTaker
from bot.usecases.repositories import FoundRepository, RepositoryNames

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that is not stored yet. `scanned_at`: when its scans started; later changes are not in
    the plan. `inputs`: what the rules were applied to. `pins` and `removals`: stored ones that the
    plan includes. `tags`: the repository's tags now. `prices`: of storage in its Region, and in
    those to which deletions are replicated."""

    plan: Plan
    inputs: PlanInputs
    scanned_at: datetime
    pins: Sequence[RepositoryPin]
    removals: Sequence[PinRemoval]
    tags: TagScan
    prices: Mapping[str, GbPrice]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the cleanup of repositories with one scan of usage.

    `snapshot` and `coverage`: what was in use at `scanned_at`, and what was scanned. `store` None:
    there are no pins and no plans. `authority` checks who removed pins. `names`: the repositories
    in the registries."""

    snapshot: UsageSnapshot
    scanned_at: datetime
    coverage: ScanCoverage
    policies: Sequence[PolicyEntry]
    pins: Sequence[PinEntry]
    price_of: PriceOf
    cache: ManifestCache
    store: "Store | None"
    authority: AuthorityChecker
    clock: Clock
    progress: Progress
    names: RepositoryNames

    def plan(self, found: FoundRepository, gone: Sequence[Manifest] = ()) -> Planned:
        """`gone`: deleted manifests, which get verdicts as if they still existed.

        Raises ServiceError if the images cannot be listed. If anything else cannot be read, the
        plan is incomplete, or its savings are inexact."""
        now = self.clock()
        repository, registry = found.repository, found.registry
        inventory = InventoryTaker(registry, self.cache, self.clock, self.progress).take(repository)
        pins, removals = pins_and_removals(self.store, repository)
        still_on = self.authority.pins_still_in_force(repository, removals, now)
        tags = self._tags(repository, inventory, now)
        deleted_also_in, scans = self._scan_registry(found)
        runs = self.snapshot.tag_runs_of(repository, deleted_also_in)
        past = find_past_tag_users(tags, runs, inventory.manifests)
        if past.unknown:
            scans.append(_failed("tag history", repository, self._unknown_runs(past, tags)))
        usage = self.snapshot.usage_of(repository, scans, deleted_also_in)
        inputs = PlanInputs(
            policy=policy_for(self.policies, repository),
            now=now,
            usage=replace(usage, by_past_tag=past.users),
            pins=(
                *pins_for(self.pins, repository),
                *(each.pin for each in pins),
                *(each.pin for each in still_on),
            ),
            retagged_at=retagged_at(tags),
            subjects_seen=inventory.subjects_seen,
            deleted_also_in=deleted_also_in,
        )
        here = repository.registry
        prices = self._prices([here, *deleted_also_in])
        terms = SavingsTerms(prices[here.region].usd, _layers_stay_within(registry))
        return Planned(
            make_plan(repository, _with_deleted(inventory.manifests, gone), inputs, terms),
            inputs,
            self.scanned_at,
            pins,
            removals,
            tags,
            prices,
        )

    def _prices(self, registries: Iterable[RegistryId]) -> Mapping[str, GbPrice]:
        """By Region."""
        regions = {registry.region for registry in registries}
        return {region: self.price_of(region) for region in sorted(regions)}

    def _tags(self, repository: RepositoryId, inventory: Inventory, now: datetime) -> TagScan:
        """The scan of tags. Empty without a store, which keeps it for the next scan."""
        if self.store is None:
            return TagScan(now, {}, {})
        last = self.store.tag_scan(repository)
        return scan_tags(last, inventory.manifests, now, listed_by=self.clock())

    def _unknown_runs(self, past: PastTagUsers, tags: TagScan) -> TagHistoryTooShort:
        first = past.unknown[0]
        return TagHistoryTooShort(
            used_by=first.run.used_by,
            tag=first.tag,
            since=first.run.unresolved.since,
            others=len({each.run.used_by for each in past.unknown}) - 1,
            known_since=tags.reaches_back_to if self.store else None,
        )

    def _scan_registry(
        self, found: FoundRepository
    ) -> tuple[tuple[RegistryId, ...], list[SourceScan]]:
        """Returns the registries to which deletions are replicated, and a failed scan for each
        account, service, registry or reference that the sources do not cover."""
        scans: list[SourceScan] = []
        repository, registry = found.repository, found.registry
        try:
            pullers = registry.pullers(repository)
            scans += (
                _failed("repository policy", repository, why) for why in self._unseen(pullers)
            )
        except ServiceError as error:
            scans.append(_failed("repository policy", repository, ErrorText.of(error)))
        destinations: tuple[RegistryId, ...] = ()
        try:
            destinations = registry.deleted_also_in(repository)
            if unseen := tuple(self.coverage.unscanned(destinations)):
                scans.append(_failed("replication", repository, UnscannedReplicaRegistries(unseen)))
        except ServiceError as error:
            scans.append(_failed("replication", repository, ErrorText.of(error)))
        try:
            if missing := self.names.missing(found, self.snapshot.mentions, destinations):
                scans.append(missing_repositories_scan(repository, missing))
        except ServiceError as error:
            scans.append(_failed(REFERENCES, repository, ErrorText.of(error)))
        return destinations, scans

    def _unseen(
        self, pullers: Collection[Puller]
    ) -> Iterator[UnscannedAccountsMayPull | UnscannedServicesMayPull]:
        """The accounts and services whose usage is unknown."""
        if accounts := self.coverage.unscanned_accounts(pullers):
            yield UnscannedAccountsMayPull(accounts)
        if services := self.coverage.unscanned_services(pullers):
            yield UnscannedServicesMayPull(services)


def pins_and_removals(
    store: "Store | None", repository: RepositoryId
) -> tuple[Sequence[RepositoryPin], Sequence[PinRemoval]]:
    """Reads pins first, so a pin that is removed between the two reads is in at least one of
    them."""
    if store is None:
        return (), ()
    pins = store.pins(repository.uri)
    return pins, store.pin_removals(repository.uri)


def _with_deleted(there: Sequence[Manifest], gone: Sequence[Manifest]) -> Sequence[Manifest]:
    """Adds the deleted manifests, except those that were pushed again."""
    if not gone:
        return there
    digests = {manifest.digest for manifest in there}
    return (*there, *(manifest for manifest in gone if manifest.digest not in digests))


def _failed(source: str, repository: RepositoryId, why: ScanFailureCause) -> SourceScan:
    return SourceScan(source, repository.uri, 0, why)


def _layers_stay_within(registry: Registry) -> bool:
    """False if the setting cannot be read: the savings are then inexact."""
    try:
        return registry.layers_stay_within_repositories()
    except ServiceError:
        return False
