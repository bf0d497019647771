"""Looks at every source once for all repositories of a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.image_references import MalformedReferenceError, RegistryHosts
from bot.core.patterns import Patterns
from bot.core.plan_problems import NothingInUse, UsageDrop
from bot.core.repository import RegistryId
from bot.core.usage import Sighting, SourceScan
from bot.core.usage_snapshot import SightingCollector, UsageSnapshot
from bot.ports import Clock, DoubtedUsage, Progress, UsageMemory, UsageSource, WorkloadCount

SOURCES_AT_ONCE = 8
STEP = "looking for images in use"


@dataclass(frozen=True, slots=True)
class UsageScanner:
    """`registries`: those whose images are looked for. `expect_none`: it is fine if nobody uses
    any of their images. `may_confirm`: whether somebody may confirm how little a source lists.
    `ignored`: references that make no plan incomplete."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    hosts: RegistryHosts
    expect_none: bool
    memory: UsageMemory
    may_confirm: Callable[[str], bool]
    clock: Clock
    progress: Progress
    ignored: Patterns = field(default_factory=Patterns)

    def scan(self) -> UsageSnapshot:
        """Never raises for what a source cannot tell: that is an error of its look."""
        index = SightingCollector(self.hosts, self.ignored)
        scans: dict[int, SourceScan] = {}
        with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
            waiting = {
                pool.submit(_all_sightings, source): (place, source)
                for place, source in enumerate(self.sources)
            }
            for done, finished in enumerate(as_completed(waiting), start=1):
                place, source = waiting[finished]
                scans[place] = self._scan_result(source, index, finished.result())
                self.progress(STEP, done, len(waiting))
        told = [scan for _, scan in sorted(scans.items())]
        return index.snapshot((*told, *self._nothing_in_use(told)), self.not_checked)

    def _scan_result(
        self,
        source: UsageSource,
        index: SightingCollector,
        found: list[Sighting] | RequestError | ServiceError,
    ) -> SourceScan:
        if isinstance(found, RequestError | ServiceError):
            return SourceScan(source.name, source.scope, 0, ErrorText.of(found))
        try:
            ours = {s.image for s in found if not self.registries.isdisjoint(index.add(s))}
        except MalformedReferenceError as error:
            return SourceScan(source.name, source.scope, 0, ErrorText.of(error))
        workloads = len({sighting.used_by for sighting in found})
        doubt = self._drop_in_usage(source, WorkloadCount(workloads, self.clock()))
        return SourceScan(source.name, source.scope, len(ours), doubt)

    def _drop_in_usage(self, source: UsageSource, now: WorkloadCount) -> UsageDrop | None:
        """A source that suddenly lists far less may be looking at the wrong thing."""
        last = self._last_listed(source)
        if last is None or 2 * now.workloads >= last.workloads:
            self.memory.believe(source.name, source.scope, now)
            return None
        self.memory.doubt(DoubtedUsage(source.name, source.scope, now, last))
        return UsageDrop(now.workloads, last.workloads, last.at)

    def _last_listed(self, source: UsageSource) -> WorkloadCount | None:
        """What people confirmed who may not, by the settings here, counts as not confirmed."""
        last = self.memory.last_listed(source.name, source.scope)
        for each in reversed(self.memory.confirmations(source.name, source.scope)):
            if self.may_confirm(each.by):
                break
            before = each.doubted.before
            last = before if last is None or before.workloads > last.workloads else last
        return last

    def _nothing_in_use(self, scans: Iterable[SourceScan]) -> Iterable[SourceScan]:
        """Nothing in use anywhere rather means that the sources look in the wrong place. Without
        any source nothing was looked at, and nobody can approve the plan."""
        scans = list(scans)
        if not self.sources or self.expect_none:
            return
        if not any(scan.images or scan.failure for scan in scans):
            registries = tuple(sorted(self.registries, key=str))
            yield SourceScan("usage", "all sources", 0, NothingInUse(registries))


def _all_sightings(source: UsageSource) -> list[Sighting] | RequestError | ServiceError:
    try:
        return list(source.sightings())
    except (RequestError, ServiceError) as error:
        return error


@dataclass(frozen=True, slots=True)
class BrokenUsageSource:
    """Says so when it is looked at, as any source does that cannot tell."""

    name: str
    scope: str
    why: ErrorText

    def sightings(self) -> Iterator[Sighting]:
        raise ServiceError(self.why.text, self.why.call)
