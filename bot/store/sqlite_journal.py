"""SQLite's journal.

The write-ahead log (WAL) allows reads during writes. Its processes share memory, so they must run
on one machine, and it does not work on network file systems: sqlite.org/wal.html. There, the
rollback journal makes readers and writers wait for each other.
"""

import sqlite3
from pathlib import Path

from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from bot.store.network_file_systems import is_on_network

WAIT_FOR_OTHERS = 30.0
"""Seconds."""

WAL, ROLLBACK = "wal", "delete"
"""Modes of `PRAGMA journal_mode`. SQLite stores in the file whether it is WAL."""


def primary_code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _is_busy(error: BaseException) -> bool:
    return primary_code(error) == sqlite3.SQLITE_BUSY


@retry(
    retry=retry_if_exception(_is_busy),
    wait=wait_random(0, 0.05),
    stop=stop_after_delay(WAIT_FOR_OTHERS),
    reraise=True,
)
def set_journal(db: sqlite3.Connection, file: Path) -> None:
    """Sets the mode that suits the file's file system. Retries, since SQLite does not wait for
    another process that changes the mode. Raises sqlite3.Error."""
    mode = ROLLBACK if is_on_network(file) else WAL
    db.execute(f"PRAGMA journal_mode = {mode}")
