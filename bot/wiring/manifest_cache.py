"""Manifests that were read, as the store and the manifest cache of this machine know them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.manifest import Content
from bot.core.pull_times import OurRead
from bot.core.repository import RepositoryId
from bot.ports import ManifestCache, RepositoryMemory


@dataclass(frozen=True, slots=True)
class SharedManifestCache:
    """Replicas share what they read and saw in `store`, so that none takes another's reads for
    pulls; a new one does not know what `cache` knew. What manifests say stands in `cache` alone."""

    store: RepositoryMemory
    cache: ManifestCache

    def contents(self, digests: Iterable[str]) -> dict[str, Content]:
        return self.cache.contents(digests)

    def add_contents(self, contents: Mapping[str, Content]) -> None:
        self.cache.add_contents(contents)

    def our_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[OurRead]]:
        """What was read here without the store, others get to know now: they would take it for a
        pull that came after a plan which is proposed here."""
        here = self.cache.our_reads(repository, digests)
        shared = self.store.our_reads(repository, digests)
        unshared = {d: set(reads).difference(shared.get(d, ())) for d, reads in here.items()}
        while unshared := {digest: reads for digest, reads in unshared.items() if reads}:
            self.store.add_our_reads(repository, {d: reads.pop() for d, reads in unshared.items()})
        return {
            digest: [*{*here.get(digest, ()), *shared.get(digest, ())}]
            for digest in here.keys() | shared.keys()
        }

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None:
        for memory in (self.store, self.cache):
            memory.add_our_reads(repository, reads)

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        return self.store.subjects_seen(repository) | self.cache.subjects_seen(repository)

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None:
        seen = list(digests)
        for memory in (self.store, self.cache):
            memory.add_subjects_seen(repository, seen)
