"""Lists the manifests of a repository, and reads each new one once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.errors import ErrorText, ServiceError
from bot.core.manifest import (
    KNOWN_TYPES,
    DescribedImage,
    ImageStatus,
    Manifest,
    ManifestArchived,
    ManifestContent,
    ManifestReadFailure,
    MediaTypeUnknown,
    make_manifest,
)
from bot.core.pull_times import BotRead, TimeSpan, pull_by_others, recorded_span
from bot.core.repository import RepositoryId
from bot.parallel import in_parallel
from bot.ports import Clock, DatedAnswer, ManifestCache, Progress, Registry, RepositoryMemory

LISTED_PER_STEP = 1000

FIRST_BATCH = 8
"""How many manifests the first call reads, before their lengths are known: ECR stores manifests of
up to 4 MiB (Amazon ECR service quotas)."""

BYTES_PER_CALL = 4 * 2**20
"""How many bytes of manifests one call should return. Parsing them takes three to four times as
much memory, and several calls run at once."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The manifests of a repository. `subjects_seen`: digests that referrers name by tag and that
    an earlier inventory found."""

    manifests: tuple[Manifest, ...]
    subjects_seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class InventoryTaker:
    """Lists repositories of one registry, and reads the manifests that the cache does not have."""

    registry: Registry
    cache: ManifestCache
    clock: Clock
    progress: Progress

    def take(self, repository: RepositoryId) -> Inventory:
        """Raises ServiceError if the manifests cannot be listed. A manifest whose text cannot be
        read has the reason in `unread`."""
        described = self._list(repository)
        contents = self._contents(repository, described)
        manifests = tuple(_settled(described, contents))
        return Inventory(manifests, self._subjects_seen(repository, manifests))

    def _list(self, repository: RepositoryId) -> dict[str, DescribedImage]:
        """The images by digest, with the last pull that was not a read of this bot. An image whose
        tags change during the listing may be on two pages, and gets the tags of both.

        Looks up the bot's reads after the listing: other processes store each read before the
        call, so no read that was listed is missing.
        """
        found: dict[str, DescribedImage] = {}
        for entry in self.registry.describe(repository):
            found[entry.digest] = _joined(entry, found.get(entry.digest, entry))
            if len(found) % LISTED_PER_STEP == 0:
                self.progress("listing images", len(found), None)
        bot_reads = self.cache.bot_reads(repository)
        return {digest: pulled_by_others(entry, bot_reads) for digest, entry in found.items()}

    def _contents(
        self, repository: RepositoryId, described: Mapping[str, DescribedImage]
    ) -> dict[str, ManifestContent | ManifestReadFailure]:
        contents: dict[str, ManifestContent | ManifestReadFailure] = dict(
            self.cache.contents(described)
        )
        new = [entry for digest, entry in described.items() if digest not in contents]
        unread = {entry.digest: why for entry in new if (why := _unreadable(entry))}
        if missing := [entry for entry in new if entry.digest not in unread]:
            unread |= self._read(repository, missing)
            contents |= self.cache.contents(entry.digest for entry in missing)
        contents |= unread
        return contents

    def _read(
        self, repository: RepositoryId, missing: Sequence[DescribedImage]
    ) -> dict[str, ManifestReadFailure]:
        """Reads these manifests into the cache. Returns those that could not be read."""
        pending = {entry.digest for entry in missing}
        unread: dict[str, ManifestReadFailure] = {}
        failures: list[ServiceError] = []
        size = BatchSize(self.registry.read_at_once)
        reading = open_manifest_reader(self.registry, repository, self.cache, self.clock, size)
        for answer in reading.read(missing, partial(self.registry.read, repository)):
            if isinstance(answer, ServiceError):
                failures.append(answer)
                continue
            self.cache.add_contents(
                {d: c for d, c in answer.items() if isinstance(c, ManifestContent)}
            )
            unread |= {d: c for d, c in answer.items() if isinstance(c, ManifestReadFailure)}
            pending -= answer.keys()
            self.progress("reading manifests", len(missing) - len(pending), len(missing))
        if failures:
            unread |= dict.fromkeys(pending, ManifestReadFailure(ErrorText.of(failures[0])))
        return unread

    def _subjects_seen(
        self, repository: RepositoryId, manifests: Sequence[Manifest]
    ) -> frozenset[str]:
        """Stores the subjects that are in the repository now. Returns those of earlier
        inventories."""
        named = {subject for manifest in manifests for subject in manifest.tag_subjects}
        if not named:
            return frozenset()
        seen = self.cache.subjects_seen(repository)
        present = {manifest.digest for manifest in manifests}
        if new := (named & present) - seen:
            self.cache.add_subjects_seen(repository, new)
        return seen


def pulled_by_others(
    entry: DescribedImage, bot_reads: Mapping[str, Sequence[BotRead]]
) -> DescribedImage:
    """The image with the time of the last pull that was not a read of this bot."""
    reads = bot_reads.get(entry.digest, ())
    pulled_at = pull_by_others(entry.pulled_at, reads)
    return entry if pulled_at == entry.pulled_at else entry._replace(pulled_at=pulled_at)


def _joined(entry: DescribedImage, twin: DescribedImage) -> DescribedImage:
    if entry.tags == twin.tags:
        return entry
    return entry._replace(tags=tuple({*entry.tags, *twin.tags}))


def _settled(
    described: dict[str, DescribedImage], contents: dict[str, ManifestContent | ManifestReadFailure]
) -> Iterator[Manifest]:
    """Empties both mappings, so that a large repository is in memory only once."""
    while described:
        digest, entry = described.popitem()
        yield make_manifest(entry, contents.pop(digest))


def _unreadable(entry: DescribedImage) -> ManifestReadFailure | None:
    if entry.status != ImageStatus.ACTIVE:
        return ManifestReadFailure(ManifestArchived())
    if entry.media_type is not None and entry.media_type not in KNOWN_TYPES:
        return ManifestReadFailure(MediaTypeUnknown(entry.media_type))
    return None


class BatchSize:
    """Decides how many manifests one call reads, so that the memory in bytes is bounded. Follows
    the average length in the answers: immediately when it grows, and by halves when it shrinks,
    since large manifests come in groups."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._average: float | None = None

    @property
    def is_guess(self) -> bool:
        """True until the first answer."""
        return self._average is None

    def learn(self, manifests: int, text_bytes: int) -> None:
        """Updates the average from one answer. Ignores answers without texts."""
        if text_bytes:
            known = self._average or 0.0
            self._average = max(text_bytes / manifests, known / 2)

    def next(self) -> int:
        if self._average is None:
            return min(self._most, FIRST_BATCH)
        return max(1, min(self._most, int(BYTES_PER_CALL / max(self._average, 1.0))))


class ReadableManifest(Protocol):
    """A manifest that can be read, and its last pull."""

    @property
    def digest(self) -> str: ...

    @property
    def pulled_at(self) -> datetime | None: ...

    @property
    def config_type(self) -> str | None: ...


Entry = TypeVar("Entry", bound=ReadableManifest)
Answer = TypeVar("Answer")


def sample(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Returns the manifests to read first, and the others in their order. The first ones have as
    many different types as possible, since lengths differ by type."""
    by_type = {entry.config_type: entry for entry in reversed(entries)}
    first = {entry.digest: entry for entry in islice(by_type.values(), FIRST_BATCH)}
    for entry in entries[:FIRST_BATCH]:
        if len(first) < FIRST_BATCH:
            first[entry.digest] = entry
    return [*first.values()], [entry for entry in entries if entry.digest not in first]


class _StartedCall(NamedTuple, Generic[Entry]):
    batch: Sequence[Entry]
    at: datetime


class _FinishedCall(NamedTuple, Generic[Entry, Answer]):
    begun: _StartedCall[Entry]
    answer: Mapping[str, Answer] | ServiceError
    text_bytes: int
    recorded: TimeSpan | None


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ManifestReader:
    """Reads manifests of one repository. ECR records each read as a pull, so the bot stores its own
    reads to exclude them from the pull times.

    `size`: how many manifests one call reads. `records_pulls`: whether ECR records the reads."""

    repository: RepositoryId
    memory: RepositoryMemory
    clock: Clock
    size: BatchSize
    records_pulls: bool

    def read(
        self,
        entries: Sequence[Entry],
        call: Callable[[Sequence[Entry]], DatedAnswer[Answer]],
        is_enough: Callable[[], bool] = _never,
    ) -> Iterator[Mapping[str, Answer] | ServiceError]:
        """Yields the answer of each call, or why it failed. The first call runs alone, since its
        size is a guess. After a failure, or once `is_enough` returns True, no further call starts.

        Stores each read before its call, since an interrupted call also changes pull times. Stores
        it again with the time of the answer, to identify its pull time. Raises ServiceError if a
        read cannot be stored."""
        failures: list[ServiceError] = []

        def batches(part: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
            start = 0
            while start < len(part) and not failures and not is_enough():
                batch = part[start : start + self.size.next()]
                start += len(batch)
                yield batch

        for part in sample(entries) if self.size.is_guess else (entries,):
            for ended in in_parallel(partial(self._timed, call), map(self._begin, batches(part))):
                if isinstance(ended.answer, ServiceError):
                    failures.append(ended.answer)
                else:
                    self.size.learn(len(ended.begun.batch), ended.text_bytes)
                self._remember(ended.begun, ended.recorded)
                yield ended.answer

    def _begin(self, batch: Sequence[Entry]) -> _StartedCall[Entry]:
        begun = _StartedCall(batch, self.clock())
        self._remember(begun, recorded=None)
        return begun

    def _timed(
        self, call: Callable[[Sequence[Entry]], DatedAnswer[Answer]], begun: _StartedCall[Entry]
    ) -> _FinishedCall[Entry, Answer]:
        answer: Mapping[str, Answer] | ServiceError
        answered_at, text_bytes = None, 0
        try:
            answer, answered_at, text_bytes = call(begun.batch)
        except ServiceError as error:
            answer = error
        recorded = recorded_span(begun.at, self.clock(), answered_at)
        return _FinishedCall(begun, answer, text_bytes, recorded)

    def _remember(self, begun: _StartedCall[Entry], recorded: TimeSpan | None) -> None:
        if self.records_pulls:
            reads = {
                entry.digest: BotRead(begun.at, entry.pulled_at, recorded) for entry in begun.batch
            }
            self.memory.add_bot_reads(self.repository, reads)


def open_manifest_reader(
    registry: Registry,
    repository: RepositoryId,
    memory: RepositoryMemory,
    clock: Clock,
    size: BatchSize,
) -> ManifestReader:
    return ManifestReader(repository, memory, clock, size, reads_count_as_pulls(registry))


def reads_count_as_pulls(registry: Registry) -> bool:
    """Whether ECR records the bot's reads as pulls. True if the setting cannot be read."""
    try:
        return registry.records_our_pulls()
    except ServiceError:
        return True
