"""Plans the cleanup of a repository. Deletes nothing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from bot.core.errors import ErrorText, ServiceError
from bot.core.last_use import LastUse, MemoryReach
from bot.core.manifest import Manifest
from bot.core.plan import Plan, make_plan
from bot.core.plan_problems import (
    ScanFailureCause,
    TagHistoryTooShort,
    UnscannedAccountsMayPull,
    UnscannedReplicaRegistries,
    UnscannedServicesMayPull,
)
from bot.core.policy import PinEntry, PlanInputs, Policy, PolicyEntry, pins_for, policy_for
from bot.core.prices import GbPrice
from bot.core.records import PinRemoval, RepositoryPin, TagScan
from bot.core.repository import Puller, RegistryId, RepositoryId
from bot.core.rules.used_within import longest_memory
from bot.core.savings import SavingsTerms
from bot.core.tag_history import PastTagUsers, find_past_tag_users, retagged_at, scan_tags
from bot.core.usage import RepositoryUsage, ScanCoverage, SourceScan
from bot.core.usage_snapshot import REFERENCES, UsageSnapshot, missing_repositories_scan
from bot.ports import Clock, ManifestCache, PriceOf, Progress, Registry
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.inventory import Inventory, InventoryTaker
from bot.usecases.repositories import FoundRepository, RepositoryNames
from bot.usecases.usage_history import last_uses_of

if TYPE_CHECKING:
    from bot.store.store import Store

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class RepositoryScan:
    """What was read of a repository. Plans of the same scan differ only by settings and usage.

    `at`: when it started, in UTC. `pins` and `removals`: the stored ones. `tags`: the repository's
    tags now. `pullers`, `deleted_also_in`: or why they could not be read."""

    found: FoundRepository
    at: datetime
    inventory: Inventory
    pins: Sequence[RepositoryPin]
    removals: Sequence[PinRemoval]
    tags: TagScan
    pullers: Collection[Puller] | ServiceError
    deleted_also_in: tuple[RegistryId, ...] | ServiceError

    @property
    def destinations(self) -> tuple[RegistryId, ...]:
        """The registries to which deletions are replicated, as far as is known."""
        return () if isinstance(self.deleted_also_in, ServiceError) else self.deleted_also_in


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
    in the registries. `covered_since`: since when remembered scans of usage without a gap cover a
    registry; registries that they do not cover may be left out."""

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
    covered_since: Mapping[RegistryId, datetime | None]

    def plan(self, found: FoundRepository, gone: Sequence[Manifest] = ()) -> Planned:
        """`gone`: deleted manifests, which get verdicts as if they still existed.

        Raises ServiceError if the images cannot be listed. If anything else cannot be read, the
        plan is incomplete, or its savings are inexact."""
        return self.plan_scanned(self.scan(found), gone)

    def scan(self, found: FoundRepository) -> RepositoryScan:
        """Raises ServiceError if the images cannot be listed."""
        at = self.clock()
        repository, registry = found.repository, found.registry
        inventory = InventoryTaker(registry, self.cache, self.clock, self.progress).take(repository)
        pins, removals = pins_and_removals(self.store, repository)
        return RepositoryScan(
            found,
            at,
            inventory,
            pins,
            removals,
            self._tags(repository, inventory, at),
            _answer_or_error(lambda: registry.pullers(repository)),
            _answer_or_error(lambda: registry.deleted_also_in(repository)),
        )

    def plan_scanned(self, scan: RepositoryScan, gone: Sequence[Manifest] = ()) -> Planned:
        """As `plan`, for a repository that was scanned, also by another planner."""
        repository, manifests = scan.found.repository, scan.inventory.manifests
        still_on = self.authority.pins_still_in_force(repository, scan.removals, scan.at)
        scans = self._failed_scans(scan)
        runs = self.snapshot.tag_runs_of(repository, scan.destinations)
        past = find_past_tag_users(scan.tags, runs, manifests)
        if past.unknown:
            scans.append(_failed("tag history", repository, self._unknown_runs(past, scan.tags)))
        policy = policy_for(self.policies, repository)
        usage = self.snapshot.usage_of(repository, scans, scan.destinations)
        inputs = PlanInputs(
            policy=policy,
            now=scan.at,
            usage=replace(self.with_memory(usage, policy, scan, gone), by_past_tag=past.users),
            pins=(
                *pins_for(self.pins, repository),
                *(each.pin for each in scan.pins),
                *(each.pin for each in still_on),
            ),
            retagged_at=retagged_at(scan.tags),
            subjects_seen=scan.inventory.subjects_seen,
            deleted_also_in=scan.destinations,
        )
        here = repository.registry
        prices = self._prices([here, *scan.destinations])
        terms = SavingsTerms(prices[here.region].usd, _layers_stay_within(scan.found.registry))
        return Planned(
            make_plan(repository, _with_deleted(manifests, gone), inputs, terms),
            inputs,
            self.scanned_at,
            scan.pins,
            scan.removals,
            scan.tags,
            prices,
        )

    def with_memory(
        self,
        usage: RepositoryUsage,
        policy: Policy | None,
        scan: RepositoryScan,
        gone: Sequence[Manifest] = (),
    ) -> RepositoryUsage:
        """With what earlier scans saw in use, if a rule needs it. Deletions also reach replicas, so
        the memory must cover them. `gone`: as for `plan`.

        Raises ServiceError if the database fails."""
        within = longest_memory(policy.keep) if policy else None
        if within is None:
            return usage
        repository = scan.found.repository
        places = (repository.registry, *scan.destinations)
        covered = [since for place in places if (since := self.covered_since.get(place))]
        since = max(covered) if len(covered) == len(places) else None
        uses: Mapping[str, LastUse] = {}
        if self.store:
            manifests = _with_deleted(scan.inventory.manifests, gone)
            uses = last_uses_of(self.store, repository, scan.destinations, manifests)
        return replace(usage, last_uses=uses, memory=MemoryReach(since, within))

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

    def _failed_scans(self, scan: RepositoryScan) -> list[SourceScan]:
        """One for each account, service, registry or reference that the sources do not cover."""
        scans: list[SourceScan] = []
        repository = scan.found.repository
        if isinstance(scan.pullers, ServiceError):
            scans.append(_failed("repository policy", repository, ErrorText.of(scan.pullers)))
        else:
            scans += (
                _failed("repository policy", repository, why) for why in self._unseen(scan.pullers)
            )
        if isinstance(scan.deleted_also_in, ServiceError):
            scans.append(_failed("replication", repository, ErrorText.of(scan.deleted_also_in)))
        elif unseen := tuple(self.coverage.unscanned(scan.deleted_also_in)):
            scans.append(_failed("replication", repository, UnscannedReplicaRegistries(unseen)))
        try:
            if missing := self.names.missing(scan.found, self.snapshot.mentions, scan.destinations):
                scans.append(missing_repositories_scan(repository, missing))
        except ServiceError as error:
            scans.append(_failed(REFERENCES, repository, ErrorText.of(error)))
        return scans

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


def _answer_or_error(call: Callable[[], Answer]) -> Answer | ServiceError:
    try:
        return call()
    except ServiceError as error:
        return error


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
