"""Opens the database, and first expires plans that are over their time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from bot.bootstrap.storage import Storage, find_store, open_storage, open_store
from bot.cli.terminal import note
from bot.process import system_clock
from bot.usecases.proposals import expire

if TYPE_CHECKING:
    from bot.store.store import Store


@contextmanager
def opened_store() -> "Iterator[Store]":
    """Creates the database if there is none."""
    with open_store() as store:
        _begin(store)
        yield store


@contextmanager
def existing_store() -> "Iterator[Store | None]":
    """None if there is no database."""
    with find_store() or nullcontext() as store:
        if store:
            _begin(store)
        yield store


@contextmanager
def opened_memory(store: "Callable[[], Store | None]" = find_store) -> Iterator[Storage]:
    with open_storage(store) as memory:
        if memory.store:
            _begin(memory.store)
        yield memory


def _begin(store: "Store") -> None:
    if store.is_new:
        note(
            "the database is new, without earlier pins and plans: if you expected some, check "
            "DATABASE_URL and the volume of the database"
        )
    expire(store, system_clock())
