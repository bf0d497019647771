"""What is remembered between runs: the manifest cache, and the store that the environment names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.ports import UsageMemory
from bot.settings.environment import Environment
from bot.store.manifest_cache import SqliteManifestCache

if TYPE_CHECKING:
    from bot.store.store import SqlStore


class Memory(NamedTuple):
    """`store` None: nobody ever pinned or proposed anything here."""

    cache: SqliteManifestCache
    store: "SqlStore | None"

    @property
    def usage(self) -> UsageMemory:
        """The store's, which several machines may share, if there is a store."""
        return self.store or self.cache


def open_store() -> "SqlStore":
    """Makes the database if there is none."""
    from bot.store.store import open_store as open_at  # noqa: PLC0415 - most plans need no store

    environment = Environment()
    if environment.database_url:
        return open_at(environment.database_url.get_secret_value())
    return open_at(f"sqlite:///{_file(environment)}")


def find_store() -> "SqlStore | None":
    environment = Environment()
    if environment.database_url or _file(environment).exists():
        return open_store()
    return None


@contextmanager
def open_memory(store: "Callable[[], SqlStore | None]" = find_store) -> Iterator[Memory]:
    cache = SqliteManifestCache(Environment().cache_folder / "manifests.db")
    with cache, store() or nullcontext() as opened:
        yield Memory(cache, opened)


def _file(environment: Environment) -> Path:
    return environment.state_folder / "ecr-clean.db"
