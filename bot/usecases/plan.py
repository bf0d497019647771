"""Plans the cleanup of a repository. Deletes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.errors import ServiceError
from bot.core.evidence import Evidence
from bot.core.plan import Plan, make_plan
from bot.core.policy import PinEntry, PolicyEntry, pins_for, policy_for
from bot.core.savings import Prices
from bot.ports import Clock, ManifestCache, Progress, Registry
from bot.usecases.find_repositories import Found
from bot.usecases.take_inventory import InventoryTaker


@dataclass(frozen=True, slots=True)
class Planner:
    policies: Sequence[PolicyEntry]
    pins: Sequence[PinEntry]
    usd_per_gb_month: float
    cache: ManifestCache
    clock: Clock
    progress: Progress

    def plan(self, found: Found) -> Plan:
        """Raises ServiceError if the images cannot be listed; whatever else cannot be read makes
        the plan incomplete, or its savings inexact."""
        now = self.clock()
        repository, registry = found.repository, found.registry
        inventory = InventoryTaker(registry, self.cache, self.clock, self.progress).take(repository)
        evidence = Evidence(
            policy=policy_for(self.policies, repository),
            now=now,
            pins=pins_for(self.pins, repository),
            subjects_seen=inventory.subjects_seen,
        )
        prices = Prices(self.usd_per_gb_month, _layers_stay_within(registry))
        return make_plan(repository, inventory.manifests, evidence, prices)


def _layers_stay_within(registry: Registry) -> bool:
    """An unreadable setting counts as shared layers: the savings are then said to be inexact."""
    try:
        return registry.layers_stay_within_repositories()
    except ServiceError:
        return False
