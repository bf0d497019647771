"""Takes the inventory of a repository: lists it, and reads each manifest once in its life."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bot.core.errors import ServiceError
from bot.core.manifest import (
    KNOWN_TYPES,
    Content,
    Described,
    Manifest,
    Status,
    Unread,
    settle,
)
from bot.core.pull_times import OurRead, somebodys_pull
from bot.core.repository import RepositoryId
from bot.core.sentence import Sentence
from bot.core.unread import InArchive, MediaTypeUnknown
from bot.ports import Clock, ManifestCache, Progress, Registry
from bot.usecases.batch_size import BatchSize
from bot.usecases.our_reads import open_reading

LISTED_BETWEEN_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Inventory:
    manifests: tuple[Manifest, ...]
    subjects_seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class InventoryTaker:
    registry: Registry
    cache: ManifestCache
    clock: Clock
    progress: Progress

    def take(self, repository: RepositoryId) -> Inventory:
        """Raises ServiceError if the images cannot be listed; a text that cannot be read is
        `unread` in its manifest."""
        described = self._list(repository)
        contents = self._contents(repository, described)
        manifests = tuple(_settled(described, contents))
        return Inventory(manifests, self._subjects_seen(repository, manifests))

    def _list(self, repository: RepositoryId) -> dict[str, Described]:
        """By digest, with the times at which somebody else pulled. A manifest whose tags change
        while the pages are read may stand on two of them: it has the tags of both.

        Our reads are looked up last: whoever reads at the same time has remembered it before.
        """
        found: dict[str, Described] = {}
        for entry in self.registry.describe(repository):
            found[entry.digest] = _joined(entry, found.get(entry.digest, entry))
            if len(found) % LISTED_BETWEEN_STEPS == 0:
                self.progress("listing images", len(found), None)
        our_reads = self.cache.our_reads(repository)
        return {digest: pulled_by_others(entry, our_reads) for digest, entry in found.items()}

    def _contents(
        self, repository: RepositoryId, described: Mapping[str, Described]
    ) -> dict[str, Content | Unread]:
        contents: dict[str, Content | Unread] = dict(self.cache.contents(described))
        new = [entry for digest, entry in described.items() if digest not in contents]
        unread = {entry.digest: why for entry in new if (why := _unreadable(entry))}
        if missing := [entry for entry in new if entry.digest not in unread]:
            unread |= self._read(repository, missing)
            contents |= self.cache.contents(entry.digest for entry in missing)
        contents |= unread
        return contents

    def _read(self, repository: RepositoryId, missing: Sequence[Described]) -> dict[str, Unread]:
        """Reads them into the cache; returns those that could not be read."""
        pending = {entry.digest for entry in missing}
        unread: dict[str, Unread] = {}
        failures: list[ServiceError] = []
        size = BatchSize(self.registry.read_at_once)
        reading = open_reading(self.registry, repository, self.cache, self.clock, size)
        for answer in reading.read(missing, partial(self.registry.read, repository)):
            if isinstance(answer, ServiceError):
                failures.append(answer)
                continue
            self.cache.add_contents({d: c for d, c in answer.items() if isinstance(c, Content)})
            unread |= {d: c for d, c in answer.items() if isinstance(c, Unread)}
            pending -= answer.keys()
            self.progress("reading manifests", len(missing) - len(pending), len(missing))
        if failures:
            unread |= dict.fromkeys(pending, Unread(Sentence.of(failures[0])))
        return unread

    def _subjects_seen(
        self, repository: RepositoryId, manifests: Sequence[Manifest]
    ) -> frozenset[str]:
        """Remembers the subjects that are here now; returns those that were here before."""
        named = {subject for manifest in manifests for subject in manifest.tag_subjects}
        if not named:
            return frozenset()
        seen = self.cache.subjects_seen(repository)
        present = {manifest.digest for manifest in manifests}
        if new := (named & present) - seen:
            self.cache.add_subjects_seen(repository, new)
        return seen


def pulled_by_others(entry: Described, our_reads: Mapping[str, Sequence[OurRead]]) -> Described:
    """With the time at which somebody else pulled it."""
    reads = our_reads.get(entry.digest, ())
    pulled_at = somebodys_pull(entry.pulled_at, reads)
    return entry if pulled_at == entry.pulled_at else entry._replace(pulled_at=pulled_at)


def _joined(entry: Described, twin: Described) -> Described:
    if entry.tags == twin.tags:
        return entry
    return entry._replace(tags=tuple({*entry.tags, *twin.tags}))


def _settled(
    described: dict[str, Described], contents: dict[str, Content | Unread]
) -> Iterator[Manifest]:
    """Empties both: a large repository is in memory once."""
    while described:
        digest, entry = described.popitem()
        yield settle(entry, contents.pop(digest))


def _unreadable(entry: Described) -> Unread | None:
    if entry.status != Status.ACTIVE:
        return Unread(InArchive())
    if entry.media_type is not None and entry.media_type not in KNOWN_TYPES:
        return Unread(MediaTypeUnknown(entry.media_type))
    return None
