"""Makes databases fast in tests. Compiles SQL statements once per test process: SQLAlchemy caches
them per database, and each test opens its own. SQLite does not wait for the disk, which protects
only from a failure of the machine."""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import ClauseElement, Engine, event
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

MOST = 2000


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClauseElement, "_compile_w_cache", _compiled_once())
        yield


def _compiled_once() -> Any:
    """The SQL depends only on the kind and version of the database."""
    compile_it: Any = ClauseElement._compile_w_cache
    compiled: LRUCache[Any, Any] = LRUCache(MOST)
    dialects: dict[Any, Dialect] = {}

    def compile_once(self: ClauseElement, dialect: Any, *, compiled_cache: Any, **how: Any) -> Any:
        if compiled_cache is not None:
            key = (type(dialect), dialect.paramstyle, dialect.server_version_info)
            dialect, compiled_cache = dialects.setdefault(key, dialect), compiled
        return compile_it(self, dialect, compiled_cache=compiled_cache, **how)

    return compile_once


@pytest.fixture(scope="session", autouse=True)
def sqlite_does_not_wait_for_the_disk() -> Iterator[None]:
    event.listen(Engine, "connect", _without_waiting)
    yield
    event.remove(Engine, "connect", _without_waiting)


def _without_waiting(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
