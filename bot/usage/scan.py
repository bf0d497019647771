"""Looks at every source once for all repositories of a run."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from bot.core.errors import RequestError, ServiceError
from bot.core.patterns import Patterns
from bot.core.references import Hosts, MalformedReferenceError
from bot.core.repository import RegistryId
from bot.core.snapshot import Index, Snapshot
from bot.core.usage import SAY_SO, Look, Sighting
from bot.ports import Clock, Listed, Progress, UsageMemory, UsageSource

SOURCES_AT_ONCE = 8
STEP = "looking for images in use"


@dataclass(frozen=True, slots=True)
class Scan:
    """`registries`: those whose images are looked for. `expect_none`: it is fine if nobody uses
    any of their images. `ignored`: references that make no plan incomplete."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    hosts: Hosts
    expect_none: bool
    memory: UsageMemory
    clock: Clock
    progress: Progress
    ignored: Patterns = field(default_factory=Patterns)

    def take(self) -> Snapshot:
        """Never raises for what a source cannot tell: that is an error of its look."""
        index = Index(self.hosts, self.ignored)
        looks: dict[int, Look] = {}
        with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
            waiting = {
                pool.submit(_all_sightings, source): (place, source)
                for place, source in enumerate(self.sources)
            }
            for done, finished in enumerate(as_completed(waiting), start=1):
                place, source = waiting[finished]
                looks[place] = self._look(source, index, finished.result())
                self.progress(STEP, done, len(waiting))
        told = [look for _, look in sorted(looks.items())]
        return index.snapshot((*told, *self._silence(told)), self.not_checked)

    def _look(
        self, source: UsageSource, index: Index, found: list[Sighting] | RequestError | ServiceError
    ) -> Look:
        if isinstance(found, RequestError | ServiceError):
            return Look(source.name, source.scope, 0, str(found))
        try:
            ours = {s.image for s in found if not self.registries.isdisjoint(index.add(s))}
        except MalformedReferenceError as error:
            return Look(source.name, source.scope, 0, str(error))
        workloads = len({sighting.used_by for sighting in found})
        doubt = self._shrinkage(source, workloads)
        return Look(source.name, source.scope, len(ours), doubt, in_doubt=doubt is not None)

    def _shrinkage(self, source: UsageSource, workloads: int) -> str | None:
        """A source that suddenly lists far less may be looking at the wrong thing."""
        now = Listed(workloads, self.clock())
        last = self.memory.last_listed(source.name, source.scope)
        if last is None or 2 * workloads >= last.workloads:
            self.memory.believe(source.name, source.scope, now)
            return None
        self.memory.doubt(source.name, source.scope, now)
        return (
            f"it lists {workloads:,} workloads, where it listed {last.workloads:,} on "
            f"{last.at:%Y-%m-%d}{SAY_SO}: "
            f"ecr-clean confirm-usage {source.name} '{source.scope}'"
        )

    def _silence(self, looks: Iterable[Look]) -> Iterable[Look]:
        """Nothing in use anywhere rather means that the sources look in the wrong place. Without
        any source nothing was looked at, and nobody can approve the plan."""
        looks = list(looks)
        if not self.sources or self.expect_none:
            return
        if not any(look.images or look.error for look in looks):
            registries = ", ".join(sorted(map(str, self.registries)))
            yield Look(
                "usage",
                "all sources",
                0,
                f"no workload uses any image of {registries}: check usage.accounts and "
                "usage.regions, or set usage.expect_none if that is right",
            )


def _all_sightings(source: UsageSource) -> list[Sighting] | RequestError | ServiceError:
    try:
        return list(source.sightings())
    except (RequestError, ServiceError) as error:
        return error
