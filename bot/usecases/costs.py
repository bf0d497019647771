"""Records what repositories store, and reports what they cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.manifest import ManifestContent
from bot.core.manifest_content import read_content
from bot.core.plan import Plan, PlanState, make_plan
from bot.core.policy import Policy
from bot.core.policy_growth import policy_growth
from bot.core.prices import GbPrice
from bot.core.repository import RepositoryId
from bot.core.repository_cost import (
    ReplicatedCopy,
    RepositoryCost,
    TriedCost,
    projection_of_policy,
    replicated_copies,
    repository_cost,
)
from bot.core.rules.selection import Rule
from bot.core.savings import SavingsTerms
from bot.core.storage_history import (
    ManifestLifetime,
    StorageDay,
    StorageHistory,
    lifetimes_of,
    measure,
    reconstruct,
)
from bot.usecases.planning import Planned, Planner, RepositoryScan
from bot.usecases.repositories import FoundRepository

if TYPE_CHECKING:
    from bot.store.store import Store


def record_storage(store: "Store", planned: Planned) -> None:
    """Stores what the scan measured, and with the first scan what is known of the time before.

    Ignores a scan during a run: it saw a part of the deletions, and the whole of what the run freed
    is later subtracted."""
    repository, day = planned.plan.repository, measured(planned)
    history = store.storage_history(repository)
    if _is_executing(store, repository) or any(run.at >= day.at for run in history.runs):
        return
    store.save_storage_day(repository, day)
    if all(each.stored_bytes is None for each in history.days):
        deleted = _deleted_manifests(store, history)
        store.save_reconstructed_days(repository, _past(planned.plan, day, [*deleted]))


def measured(planned: Planned) -> StorageDay:
    growth = policy_growth(planned.plan.judged, planned.inputs.now)
    return measure(planned.plan, planned.inputs.now, growth)


def _past(
    plan: Plan, first: StorageDay, deleted: Sequence[ManifestLifetime] = ()
) -> Sequence[StorageDay]:
    """Empty if the push time or the blobs of a manifest are unknown."""
    present = lifetimes_of(plan)
    return [] if present is None else reconstruct([*present, *deleted], first.at)


def _is_executing(store: "Store", repository: RepositoryId) -> bool:
    plan = store.open_plan(repository)
    return plan is not None and plan.state is PlanState.EXECUTING


def _deleted_manifests(store: "Store", history: StorageHistory) -> Iterator[ManifestLifetime]:
    """Manifests that runs deleted. Leaves out those whose text cannot be parsed."""
    for run in history.runs:
        plan = store.plan(run.plan)
        assert plan, "plans are never deleted from the store"
        content = store.content(plan.id, plan.version)
        pushed_at = {each.manifest.digest: each.manifest.pushed_at for each in content.judged}
        for kept in store.deleted_manifests(plan):
            read = read_content(kept.digest, kept.text, kept.media_type)
            pushed = pushed_at.get(kept.digest)
            if pushed and isinstance(read, ManifestContent) and read.blobs is not None:
                yield ManifestLifetime(read.blobs, pushed, run.at)


def stored_cost(
    store: "Store",
    repository: RepositoryId,
    price: GbPrice,
    copies: Sequence[ReplicatedCopy],
    now: datetime,
) -> RepositoryCost | None:
    """From the store alone. None if the repository was never scanned."""
    return repository_cost(repository, store.storage_history(repository), price, copies, now)


@dataclass(frozen=True, slots=True)
class TriedPolicy:
    """Keep rules to compare with those of the settings. `texts`: as the user wrote them."""

    texts: Sequence[str]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class CostReport:
    """`plan`: with the policy of the settings. `tried`: None if no policy is tried."""

    cost: RepositoryCost
    plan: Plan
    tried: TriedCost | None


@dataclass(frozen=True, slots=True)
class CostReporter:
    """Scans repositories, and reports their costs. `store` None: there is no database, so the past
    is reconstructed. `without_policy`: the policy whose keep rules `tried` replaces in repositories
    without a policy."""

    planner: Planner
    store: "Store | None"
    tried: TriedPolicy | None
    without_policy: Policy

    def report(self, found: FoundRepository) -> CostReport:
        """Stores what the scan measured. Raises ServiceError if the images cannot be listed."""
        scan = self.planner.scan(found)
        planned = self.planner.plan_scanned(scan)
        plan, repository = planned.plan, planned.plan.repository
        cost = repository_cost(
            repository,
            self._history(planned),
            planned.prices[repository.registry.region],
            replicated_copies(plan, planned.prices.__getitem__),
            planned.inputs.now,
        )
        assert cost, "the repository was scanned just now"
        tried = self._try(self.tried, scan, planned, cost) if self.tried else None
        return CostReport(cost, plan, tried)

    def _history(self, planned: Planned) -> StorageHistory:
        """That of this scan alone, if no scan was ever recorded: without a database, or if the
        first one is made during a run."""
        if self.store:
            record_storage(self.store, planned)
            history = self.store.storage_history(planned.plan.repository)
            if history.measured_since:
                return history
        day = measured(planned)
        return StorageHistory([*_past(planned.plan, day), day], ())

    def _try(
        self, tried: TriedPolicy, scan: RepositoryScan, planned: Planned, cost: RepositoryCost
    ) -> TriedCost:
        policy = replace(planned.inputs.policy or self.without_policy, keep=tried.rules)
        usage = self.planner.with_memory(planned.inputs.usage, policy, scan)
        plan = make_plan(
            planned.plan.repository,
            [judged.manifest for judged in planned.plan.judged],
            replace(planned.inputs, policy=policy, usage=usage),
            SavingsTerms(cost.price.usd, layers_stay_within=planned.plan.savings.exact),
        )
        day = measure(plan, planned.inputs.now, policy_growth(plan.judged, planned.inputs.now))
        return TriedCost(
            tried.texts,
            len(plan.delete) if plan.complete else None,
            day.freeable_bytes,
            projection_of_policy(day, cost.growth),
        )
