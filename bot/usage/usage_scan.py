"""Scans all usage sources once for the repositories of a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.image_references import MalformedReferenceError, RegistryHosts
from bot.core.patterns import Patterns
from bot.core.plan_problems import NothingInUse, UsageDrop
from bot.core.records import AuditEvent
from bot.core.repository import RegistryId
from bot.core.usage import ImageUse, SourceScan
from bot.core.usage_snapshot import ImageUseCollector, UsageSnapshot
from bot.core.workload_counts import (
    DoubtedUsage,
    WorkloadCount,
    WorkloadHistory,
    usage_drop,
)
from bot.ports import Clock, Progress, UsageSource, WorkloadCountMemory

SOURCES_AT_ONCE = 8
STEP = "scanning usage"

_Found: TypeAlias = list[ImageUse] | RequestError | ServiceError
"""What a source lists, or why it could not be read."""


@dataclass(frozen=True, slots=True)
class UsageScanner:
    """Scans `sources` in parallel and joins the results.

    `registries`: the registries whose images count. `expect_none`: no image of them needs to be in
    use. `may_confirm`: whether a user may confirm a drop in usage. `ignored`: references that do
    not make a plan incomplete.
    """

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    hosts: RegistryHosts
    expect_none: bool
    memory: WorkloadCountMemory
    may_confirm: Callable[[str], bool]
    clock: Clock
    progress: Progress
    ignored: Patterns = field(default_factory=Patterns)

    def scan(self) -> UsageSnapshot:
        """Records the failure of a source in its SourceScan and does not raise it."""
        at = self.clock()
        index = ImageUseCollector(self.hosts, self.ignored)
        scans: dict[int, SourceScan] = {}
        with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
            waiting = {
                pool.submit(_all_image_uses, source): (position, source)
                for position, source in enumerate(self.sources)
            }
            for done, finished in enumerate(as_completed(waiting), start=1):
                position, source = waiting[finished]
                scans[position] = self._scan_result(source, index, finished.result(), at)
                self.progress(STEP, done, len(waiting))
        ordered = [scan for _, scan in sorted(scans.items())]
        return index.snapshot((*ordered, *self._nothing_in_use(ordered)), self.not_checked)

    def _scan_result(
        self, source: UsageSource, index: ImageUseCollector, found: _Found, at: datetime
    ) -> SourceScan:
        history = self.memory.history(source.name, source.scope)
        last = history.last and history.last.at
        if isinstance(found, RequestError | ServiceError):
            return SourceScan(source.name, source.scope, 0, ErrorText.of(found), at, last)
        try:
            ours = {s.image for s in found if not self.registries.isdisjoint(index.add(s))}
        except MalformedReferenceError as error:
            return SourceScan(source.name, source.scope, 0, ErrorText.of(error), at, last)
        listed = WorkloadCount(len({image_use.used_by for image_use in found}), at)
        drop = self._drop_in_usage(source, listed, history)
        return SourceScan(source.name, source.scope, len(ours), drop, at, last if drop else at)

    def _drop_in_usage(
        self, source: UsageSource, listed: WorkloadCount, history: WorkloadHistory
    ) -> UsageDrop | None:
        before = history.most(listed.at, self.may_confirm)
        drop = usage_drop(listed, before)
        if before and drop:
            self.memory.doubt(DoubtedUsage(source.name, source.scope, listed, before))
        else:
            self.memory.accept(source.name, source.scope, listed)
        return drop

    def _nothing_in_use(self, scans: Iterable[SourceScan]) -> Iterable[SourceScan]:
        """Yields a failed scan if no source found an image in use: the sources probably scan the
        wrong accounts. Yields none without sources, since such a plan cannot be approved."""
        scans = list(scans)
        if not self.sources or self.expect_none:
            return
        if not any(scan.images or scan.failure for scan in scans):
            registries = tuple(sorted(self.registries, key=str))
            yield SourceScan("usage", "all sources", 0, NothingInUse(registries))


@dataclass(frozen=True, slots=True)
class ReadOnlyWorkloadCountMemory:
    """Stores nothing: the counts of settings that are not in force are not to be compared with
    those of the settings in force."""

    memory: WorkloadCountMemory

    def history(self, source: str, scope: str) -> WorkloadHistory:
        return self.memory.history(source, scope)

    def accept(self, source: str, scope: str, listed: WorkloadCount) -> None: ...

    def doubt(self, doubted: DoubtedUsage) -> None: ...

    def confirm(self, doubted: DoubtedUsage, event: AuditEvent | None) -> bool:  # noqa: ARG002
        return False

    def doubted(self) -> Sequence[DoubtedUsage]:
        return self.memory.doubted()


def _all_image_uses(source: UsageSource) -> _Found:
    try:
        return list(source.image_uses())
    except (RequestError, ServiceError) as error:
        return error


@dataclass(frozen=True, slots=True)
class BrokenUsageSource:
    """A source that could not be opened. Raises the error when it is scanned."""

    name: str
    scope: str
    why: ErrorText

    def image_uses(self) -> Iterator[ImageUse]:
        raise ServiceError(self.why.text, self.why.call)
