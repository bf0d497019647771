"""The manifest cache: a file, so that each manifest is read only once.

It also stores the workload counts of usage sources, and answers of Regions that no source scans.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.core.manifest import Blob, ManifestContent
from bot.core.pull_times import BotRead, TimeSpan
from bot.core.repository import RepositoryId
from bot.parallel import in_batches
from bot.ports import RegionAnswer
from bot.store.cached_workload_counts import CachedWorkloadCounts

DIGESTS_A_QUERY = 500


class SqliteManifestCache(CachedWorkloadCounts):
    """Raises ServiceError if the file cannot be used."""

    def contents(self, digests: Iterable[str]) -> dict[str, ManifestContent]:
        found: dict[str, ManifestContent] = {}
        unpacker = _ContentUnpacker(digests)
        wanted = list(unpacker.digests)
        with self._explained():
            query = "SELECT digest, content FROM manifests WHERE TRUE"
            for digest, packed in self._of(wanted, query):
                found[unpacker.digests[digest]] = unpacker.unpack(packed)
        return found

    def add_contents(self, contents: Mapping[str, ManifestContent]) -> None:
        rows = [(digest, _pack(content)) for digest, content in contents.items()]
        self._insert("INSERT OR IGNORE INTO manifests VALUES (?, ?)", rows)

    def bot_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[BotRead]]:
        query = (
            "SELECT digest, at, pulled_before, recorded_from, recorded_until FROM our_reads "
            "WHERE repository = ?"
        )
        reads: defaultdict[str, list[BotRead]] = defaultdict(list)
        with self._explained():
            for digest, *times in self._of(digests, query, repository.uri):
                reads[digest].append(_read(*times))
        return reads

    def add_bot_reads(self, repository: RepositoryId, reads: Mapping[str, BotRead]) -> None:
        rows = [(repository.uri, digest, *_times(read)) for digest, read in reads.items()]
        self._insert(
            "INSERT INTO our_reads VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "recorded_from = excluded.recorded_from, recorded_until = excluded.recorded_until "
            "WHERE recorded_until IS NULL",
            rows,
        )

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        query = "SELECT digest FROM subjects_seen WHERE repository = ?"
        with self._explained():
            return frozenset(digest for (digest,) in self._db.execute(query, (repository.uri,)))

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None:
        rows = [(repository.uri, digest) for digest in digests]
        self._insert("INSERT OR IGNORE INTO subjects_seen VALUES (?, ?)", rows)

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], RegionAnswer]:
        query = "SELECT region, source, has_any, at FROM asked_regions WHERE account = ?"
        with self._explained():
            rows = self._db.execute(query, (account,)).fetchall()
            return {(row[0], row[1]): RegionAnswer(bool(row[2]), _time(row[3])) for row in rows}

    def remember_regions(self, account: str, asked: Mapping[tuple[str, str], RegionAnswer]) -> None:
        rows = [
            (account, region, source, each.has_any, each.at.timestamp())
            for (region, source), each in asked.items()
        ]
        self._insert("INSERT OR REPLACE INTO asked_regions VALUES (?, ?, ?, ?, ?)", rows)

    def _of(
        self, digests: Sequence[str] | None, query: str, *values: object
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of these digests, or of all. SQLite limits the number of values in a query."""
        if digests is None:
            yield from self._db.execute(query, values)
            return
        for some in in_batches(digests, DIGESTS_A_QUERY):
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"{query} AND digest IN ({marks})", (*values, *some))


def _pack(content: ManifestContent) -> bytes:
    blobs = None if content.blobs is None else [tuple(blob) for blob in content.blobs]
    return orjson.dumps(
        (
            content.media_type,
            content.config_type,
            blobs,
            content.children,
            content.subject,
            content.artifact_type,
        )
    )


class _ContentUnpacker:
    """Shares equal digests and blobs as one object: images of a repository share most of their
    layers, and a child is in the repository of its index."""

    def __init__(self, digests: Iterable[str]) -> None:
        self.digests = {digest: digest for digest in digests}
        self._blobs: dict[str, Blob] = {}

    def unpack(self, packed: bytes) -> ManifestContent:
        media_type, config_type, blobs, children, subject, *rest = orjson.loads(packed)
        artifact_type = rest[0] if rest else None  # version 1 stored none for images
        return ManifestContent(
            media_type=sys.intern(media_type),
            config_type=config_type and sys.intern(config_type),
            blobs=None if blobs is None else tuple(self._shared(blobs)),
            children=tuple([self.digests.get(child, child) for child in children]),
            subject=self.digests.get(subject, subject),
            artifact_type=artifact_type and sys.intern(artifact_type),
        )

    def _shared(self, blobs: Iterable[tuple[str, int]]) -> Iterator[Blob]:
        for digest, size in blobs:
            known = self._blobs.get(digest)
            if known is None or known.size != size:
                known = self._blobs[digest] = Blob(digest, size)
            yield known


def _read(at: float, before: float | None, first: float | None, last: float | None) -> BotRead:
    span = None if first is None or last is None else TimeSpan(_time(first), _time(last))
    return BotRead(_time(at), None if before is None else _time(before), span)


def _times(read: BotRead) -> tuple[float | None, ...]:
    times = (read.at, read.pulled_before, *(read.recorded or (None, None)))
    return tuple([None if each is None else each.timestamp() for each in times])


def _time(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
