"""A SQLite database file, which threads and processes of one machine share."""

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
from bot.store.sqlite_journal import WAIT_FOR_OTHERS, primary_code, set_journal

_CLOSE_OTHER_PROGRAM = "another program locks it. Close that program and try again"
_ALLOW_WRITES = (
    "give this user write access to it and its folder, or set DATABASE_URL to another database"
)
_REPLACE_FILE = "restore a backup, move the file away, or set DATABASE_URL to another database"

_FIXES = {
    sqlite3.SQLITE_BUSY: _CLOSE_OTHER_PROGRAM,
    sqlite3.SQLITE_LOCKED: _CLOSE_OTHER_PROGRAM,
    sqlite3.SQLITE_FULL: "free space on its disk",
    sqlite3.SQLITE_READONLY: _ALLOW_WRITES,
    sqlite3.SQLITE_CANTOPEN: _ALLOW_WRITES,
}

_log = logging.getLogger(__name__)


class SqliteDatabase(Database):
    READING: ClassVar[Mapping[str, object]] = {"only_reads": True}

    def __init__(self, url: URL) -> None:
        self._file = Path(url.database or "")
        super().__init__(f"The database {self._file}", _open_engine(url))
        self._prepare()

    def lock_for_migration(self, session: Session) -> None:
        """Does nothing: SQLite allows one writer at a time."""

    def reclaim_space(self) -> None:
        try:
            with closing(sqlite3.connect(self._file, isolation_level=None)) as db:
                db.execute("VACUUM")
        except sqlite3.Error as error:
            _log.warning("%s could not be compacted (%s): run VACUUM later", self.name, error)

    def _prepare(self) -> None:
        try:
            make_folder(self._file.parent)
            make_private(self._file)
            with closing(sqlite3.connect(self._file, timeout=WAIT_FOR_OTHERS)) as db:
                set_journal(db, self._file)
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _fix_for(self, error: BaseException) -> str:
        if isinstance(error, OSError):
            return _ALLOW_WRITES
        return _FIXES.get(primary_code(error), _REPLACE_FILE)


def _open_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_FOR_OTHERS}, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions start in `_begin`
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    """A transaction that reads and then writes fails immediately if another process wrote in
    between; busy_timeout does not apply to that."""
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
