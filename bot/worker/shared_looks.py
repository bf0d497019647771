"""Usage, looked at once for jobs that begin at about the same time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from bot.aws.ecr import EcrRegistry
from bot.core.repository import RegistryId, RepositoryId
from bot.ports import Clock, Progress, ScanMemory
from bot.settings import Settings
from bot.store.store import Store
from bot.usecases.check_authority import Authority
from bot.wiring import Seen, open_sources

SHARED_FOR = timedelta(minutes=1)


@dataclass(slots=True)
class SharedLooks:
    """For plans that people look at: what is carried out is looked at anew. A look in which
    anything failed is not shared, since somebody may have mended it; nor is one that is older than
    the plan that is there, which knows more."""

    settings: Settings
    authority: Authority
    store: Store
    clock: Clock
    _seen: dict[RegistryId, Seen] = field(default_factory=dict, init=False)
    _locks: defaultdict[RegistryId, Lock] = field(
        default_factory=lambda: defaultdict(Lock), init=False
    )

    def look(
        self,
        repository: RepositoryId,
        registries: Sequence[EcrRegistry],
        memory: ScanMemory,
        progress: Progress,
    ) -> Seen:
        """Whoever comes meanwhile waits for the look that is under way."""
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
