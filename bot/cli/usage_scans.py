"""Scans of usage for commands that plan several repositories."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.planning import open_planner
from bot.bootstrap.sources import CompletedScan, UsageSources, open_sources
from bot.bootstrap.storage import Storage
from bot.bootstrap.usecases import open_authority
from bot.core.repository import RegistryId
from bot.core.usage import MAX_SCAN_AGE
from bot.ports import Clock, Progress, ScanMemory
from bot.settings.model import Settings
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.planning import Planner

UsageScan = Callable[
    [UsageSources, Settings, AuthorityChecker, ScanMemory, Clock, Progress], CompletedScan
]


@dataclass(frozen=True, slots=True)
class ScannedSettings:
    """Settings, and one scan of usage under them."""

    settings: Settings
    authority: AuthorityChecker
    scan: CompletedScan

    def planner(self, storage: Storage, progress: Progress) -> Planner:
        return open_planner(self.settings, self.authority, self.scan, storage, progress)


@dataclass(frozen=True, slots=True)
class OpenedSettings:
    """Settings, with their registries. `asked`: the registries of the repositories to plan, without
    those that the settings do not list."""

    settings: Settings
    registries: Sequence[EcrRegistry]
    asked: frozenset[RegistryId]

    def scan_usage(
        self,
        memory: ScanMemory,
        clock: Clock,
        progress: Progress,
        scan: UsageScan = UsageSources.scan,
    ) -> ScannedSettings:
        authority = open_authority(self.settings)
        sources = open_sources(self.settings, self.registries, self.asked)
        seen = scan(sources, self.settings, authority, memory, clock, progress)
        return ScannedSettings(self.settings, authority, seen)


@dataclass(slots=True)
class RepeatedScans:
    """Scans usage again once the last scan is older than MAX_SCAN_AGE. The age starts when a scan
    ends: one that takes longer would otherwise be made for each repository.

    `scan`: makes a scan under each of the settings.
    """

    scan: Callable[[Progress], tuple[ScannedSettings, ...]]
    clock: Clock
    _last: tuple[ScannedSettings, ...] = field(default=(), init=False)

    def recent(self, progress: Progress) -> tuple[ScannedSettings, ...]:
        """Raises what the scan raises; the next call then scans again."""
        ended_at = max((each.scan.ended_at for each in self._last), default=None)
        if ended_at is None or self.clock() - ended_at > MAX_SCAN_AGE:
            self._last = self.scan(progress)
        return self._last
