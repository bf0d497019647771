"""Opens the store that the environment names, and the manifest cache of this machine."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.core.errors import RequestError
from bot.core.manifest import ManifestContent
from bot.core.pull_times import BotRead
from bot.core.repository import RepositoryId
from bot.core.workload_counts import WorkloadCount, WorkloadHistory
from bot.ports import ManifestCache, PriceMemory, RepositoryMemory, ScanMemory
from bot.process import system_clock
from bot.settings.environment import Environment
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.private_files import restrict_to_owner
from bot.store.usage_cache import SqliteUsageCache
from bot.usage.usage_scan import ReadOnlyWorkloadCountMemory
from bot.usecases.prices import PriceMemoryOfCommand

if TYPE_CHECKING:
    from bot.store.store import Store


_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class SharedManifestCache:
    """Replicas share their reads and the subjects that they saw through `store`, so that no replica
    takes another one's reads for pulls. Only `cache` has the contents of manifests."""

    store: RepositoryMemory
    cache: ManifestCache

    def contents(self, digests: Iterable[str]) -> dict[str, ManifestContent]:
        return self.cache.contents(digests)

    def add_contents(self, contents: Mapping[str, ManifestContent]) -> None:
        self.cache.add_contents(contents)

    def bot_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[BotRead]]:
        """Also copies reads that only this machine's cache has to the store. Other replicas would
        take them for pulls that came after a plan was proposed."""
        here = self.cache.bot_reads(repository, digests)
        shared = self.store.bot_reads(repository, digests)
        unshared = {d: set(reads).difference(shared.get(d, ())) for d, reads in here.items()}
        while unshared := {digest: reads for digest, reads in unshared.items() if reads}:
            self.store.add_bot_reads(repository, {d: reads.pop() for d, reads in unshared.items()})
        return {
            digest: [*{*here.get(digest, ()), *shared.get(digest, ())}]
            for digest in here.keys() | shared.keys()
        }

    def add_bot_reads(self, repository: RepositoryId, reads: Mapping[str, BotRead]) -> None:
        for memory in (self.store, self.cache):
            memory.add_bot_reads(repository, reads)

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        return self.store.subjects_seen(repository) | self.cache.subjects_seen(repository)

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None:
        seen = list(digests)
        for memory in (self.store, self.cache):
            memory.add_subjects_seen(repository, seen)


class Storage(NamedTuple):
    """The manifest cache and the store. Only the thread that opens it may use it. `store` is None
    if there is no database: no pin or plan was ever stored. `prices`: in the store, if there is
    one."""

    cache: SqliteManifestCache
    store: "Store | None"
    prices: PriceMemory

    @property
    def manifests(self) -> ManifestCache:
        return SharedManifestCache(self.store, self.cache) if self.store else self.cache

    @property
    def scans(self) -> ScanMemory:
        return ScanMemory(self.store or self.cache, self.cache, self.store, self.store)

    @property
    def read_only_scans(self) -> ScanMemory:
        """For scans under settings that are not in force."""
        counts = ReadOnlyWorkloadCountMemory(self.scans.usage)
        return self.scans._replace(usage=counts, writer=None)


def open_store() -> "Store":
    """Creates the database if there is none. Raises RequestError if the state must persist and the
    database would be lost with the container."""
    from bot.store.store import open_store as open_at  # noqa: PLC0415 - most plans need no store

    environment = Environment()
    if environment.ecr_clean_require_persistent_state:
        _expect_persistent(environment)
    url = _url(environment)
    if Path(url.removeprefix(_SQLITE)).parent == environment.state_folder:
        restrict_to_owner(environment.state_folder)
    return open_at(url)


def find_store() -> "Store | None":
    """None if there is no database yet."""
    return open_store() if _may_exist(_url(Environment())) else None


def open_manifest_cache() -> SqliteManifestCache:
    return SqliteManifestCache(_cache_file())


def open_usage_cache() -> SqliteUsageCache:
    """For the thread that calls it. It is in the file of the manifest cache."""
    return SqliteUsageCache(_cache_file(), system_clock)


def _cache_file() -> Path:
    folder = Environment().cache_folder
    restrict_to_owner(folder)
    return folder / "manifests.db"


@contextmanager
def open_storage(store: "Callable[[], Store | None]" = find_store) -> Iterator[Storage]:
    with store() or nullcontext() as opened, open_storage_with(opened) as storage:
        yield storage


@contextmanager
def open_storage_with(store: "Store | None") -> Iterator[Storage]:
    """The store, with the manifest cache of this machine."""
    with open_manifest_cache() as cache:
        if store:
            _move_usage_counts(cache, store)
        yield Storage(cache, store, store or PriceMemoryOfCommand())


def _move_usage_counts(cache: SqliteManifestCache, store: "Store") -> None:
    """Moves the workload counts of sources from the time before there was a store. Without them, a
    source that lists less now would count as scanned for the first time."""
    listed, in_doubt = cache.listed_sources(), cache.doubted()
    if not listed and not in_doubt:
        return
    for source, scope in listed:
        if store.history(source, scope).last is None:
            _move_counts(cache.history(source, scope), partial(store.accept, source, scope))
    known = {(each.source, each.scope) for each in store.doubted()}
    for doubted in in_doubt:
        key = (doubted.source, doubted.scope)
        if key not in known and store.history(*key) == cache.history(*key):
            store.doubt(doubted)
    cache.forget_listed()


def _move_counts(history: WorkloadHistory, accept: Callable[[WorkloadCount], None]) -> None:
    """Accepts the counts in their order."""
    for count in history.recent:
        accept(count)
    if history.last:
        accept(history.last)


def _url(environment: Environment) -> str:
    if environment.database_url:
        return environment.database_url.get_secret_value()
    return f"{_SQLITE}{environment.state_folder / 'ecr-clean.db'}"


def _expect_persistent(environment: Environment) -> None:
    """Raises RequestError if the database is a file on the container's own file system."""
    url = _url(environment)
    if not url.startswith(_SQLITE):
        return
    file = Path(url.removeprefix(_SQLITE)).resolve()
    if not any(place.is_mount() for place in (file, *file.parents[:-1])):
        raise RequestError(
            f"The database {file} is not on a mounted volume, so all pins and plans would be lost "
            "with the container: set DATABASE_URL to a PostgreSQL database, or mount a volume at "
            f"{file.parent}"
        )


def _may_exist(url: str) -> bool:
    """Whether there may be a database. True for every database server, without asking it."""
    return not url.startswith(_SQLITE) or Path(url.removeprefix(_SQLITE)).exists()
