"""Compares what repositories' plans delete under the settings in force and under others."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.core.plan import Plan, make_plan
from bot.core.plan_comparison import (
    PlanWithPrice,
    PolicyCoverage,
    SettingsComparison,
    compare_plans,
)
from bot.core.policy import policy_for
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import SavingsTerms
from bot.core.usage import RepositoryUsage
from bot.usecases.planning import Planned, Planner, RepositoryScan
from bot.usecases.repositories import FoundRepository


@dataclass(frozen=True, slots=True)
class SettingsComparer:
    """Plans each repository twice from one scan of it. Stores nothing.

    `in_force`, `other`: plan under these settings. `listed`: the registries of the other
    settings."""

    in_force: Planner
    other: Planner
    listed: Collection[RegistryId]

    def compare(self, found: FoundRepository) -> SettingsComparison:
        """Raises ServiceError if the images cannot be listed."""
        scan = self.in_force.scan(found)
        planned, region = self.in_force.plan_scanned(scan), found.repository.registry.region
        coverage = self._coverage(found.repository)
        return compare_plans(
            PlanWithPrice(planned.plan, planned.prices[region]),
            PlanWithPrice(self._other_plan(scan, planned, coverage), self.other.price_of(region)),
            coverage,
        )

    def _coverage(self, repository: RepositoryId) -> PolicyCoverage:
        if repository.registry not in self.listed:
            return PolicyCoverage.REGISTRY_NOT_LISTED
        if policy_for(self.other.policies, repository) is None:
            return PolicyCoverage.NO_POLICY
        return PolicyCoverage.COVERED

    def _other_plan(self, scan: RepositoryScan, planned: Planned, coverage: PolicyCoverage) -> Plan:
        if coverage is PolicyCoverage.REGISTRY_NOT_LISTED:
            return _without_policy(planned, self.other.snapshot.not_checked)
        return self.other.plan_scanned(scan).plan


def _without_policy(planned: Planned, not_checked: tuple[str, ...]) -> Plan:
    """Keeps all images, whatever uses them. `not_checked`: usage sources that are off."""
    plan = planned.plan
    return make_plan(
        plan.repository,
        [judged.manifest for judged in plan.judged],
        replace(planned.inputs, policy=None, usage=RepositoryUsage(not_checked=not_checked)),
        SavingsTerms(0, layers_stay_within=plan.savings.exact),
    )
