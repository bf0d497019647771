"""Plans reports. Jobs that begin at about the same time share one scan of usage."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.memory import memory_of
from bot.bootstrap.people import open_proposer
from bot.bootstrap.planning import open_planner
from bot.bootstrap.sources import Seen, open_sources
from bot.core.authority import SlackPerson
from bot.core.repository import RegistryId, RepositoryId
from bot.ports import Clock, Progress, ScanMemory
from bot.settings.model import Settings
from bot.store.store import Store
from bot.usecases.check_authority import Authority
from bot.usecases.proposals import Proposal
from bot.usecases.repositories import Found

SHARED_FOR = timedelta(minutes=1)


@dataclass(slots=True)
class SharedScans:
    """Scans of usage for plans that people decide on: a deletion always scans anew. A scan is
    shared for SHARED_FOR, unless a part of it failed, since somebody may have fixed that, or the
    repository's open plan is newer, since that plan knows more."""

    settings: Settings
    authority: Authority
    store: Store
    clock: Clock
    _seen: dict[RegistryId, Seen] = field(default_factory=dict, init=False)
    _locks: defaultdict[RegistryId, Lock] = field(
        default_factory=lambda: defaultdict(Lock), init=False
    )

    def scan(
        self,
        repository: RepositoryId,
        registries: Sequence[EcrRegistry],
        memory: ScanMemory,
        progress: Progress,
    ) -> Seen:
        """A second caller waits for the scan of the first."""
        with self._locks[repository.registry]:
            seen = self._seen.get(repository.registry)
            if seen is None or not self._serves(seen, repository):
                asked = frozenset([repository.registry])
                sources = open_sources(self.settings, registries, asked)
                seen = sources.scan_other_regions_too(
                    self.settings, self.authority, memory, self.clock, progress
                )
                self._seen[repository.registry] = seen
            return seen

    def _serves(self, seen: Seen, repository: RepositoryId) -> bool:
        if any(look.failure for look in seen.snapshot.looks):
            return False
        plan = self.store.open_plan(repository)
        is_newer_than_plan = plan is None or plan.proposed_at <= seen.at
        return is_newer_than_plan and self.clock() - seen.at < SHARED_FOR


@dataclass(frozen=True, slots=True)
class ReportPlanner:
    """Plans repositories and stores the plans. May be used by several threads."""

    settings: Settings
    store: Store
    scans: SharedScans
    authority: Authority

    def propose(
        self,
        found: Found,
        registries: Sequence[EcrRegistry],
        person: SlackPerson,
        progress: Progress,
    ) -> Proposal:
        """Raises what planning and the store raise."""
        with memory_of(self.store) as memory:
            seen = self.scans.scan(found.repository, registries, memory.scans, progress)
            planner = open_planner(self.settings, self.authority, seen, memory, progress)
            return open_proposer(self.settings, self.store, planner, person).propose(found)
