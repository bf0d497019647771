"""A file that several threads and processes share."""

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.database import Database
from bot.store.private_files import make_folder, make_private
from bot.store.sqlite_wal import WAIT_FOR_OTHERS, primary_code, turn_on_wal

_CLOSE_THE_OTHER = "another program keeps it locked: close that, and try again"
_LET_US_WRITE = "let this user write to it and to its folder, or set DATABASE_URL to another"
_TAKE_ANOTHER = "put a backup in its place, move it away, or set DATABASE_URL to another"

_REMEDIES = {
    sqlite3.SQLITE_BUSY: _CLOSE_THE_OTHER,
    sqlite3.SQLITE_LOCKED: _CLOSE_THE_OTHER,
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_READONLY: _LET_US_WRITE,
    sqlite3.SQLITE_CANTOPEN: _LET_US_WRITE,
}

_log = logging.getLogger(__name__)


class SqliteDatabase(Database):
    READING: ClassVar[Mapping[str, object]] = {"only_reads": True}

    def __init__(self, url: URL) -> None:
        self._file = Path(url.database or "")
        super().__init__(f"The database {self._file}", _open_engine(url))
        self._prepare()

    def lock_for_migration(self, session: Session) -> None:
        """Whoever writes is alone."""

    def reclaim_space(self) -> None:
        try:
            with closing(sqlite3.connect(self._file, isolation_level=None)) as db:
                db.execute("VACUUM")
        except sqlite3.Error as error:
            _log.warning("%s keeps its size on disk (%s): run VACUUM later", self.name, error)

    def _prepare(self) -> None:
        try:
            make_folder(self._file.parent)
            make_private(self._file)
            turn_on_wal(self._file)
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _fix_for(self, error: BaseException) -> str:
        if isinstance(error, OSError):
            return _LET_US_WRITE
        return _REMEDIES.get(primary_code(error), _TAKE_ANOTHER)


def _open_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_FOR_OTHERS}, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3 leaves it to us to begin transactions
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    """A transaction that first reads and then writes would fail at once if somebody else wrote
    in between: busy_timeout does not help it."""
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
