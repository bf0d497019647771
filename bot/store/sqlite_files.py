"""Files of SQLite: only their owner reads them, and others may read while somebody writes."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite puts beside a database: sqlite.org/tempfiles.html. It gives new ones the mode of the
database."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

WAIT_FOR_OTHERS = 30.0
"""Seconds."""


def make_folder(folder: Path) -> None:
    """Makes the folder, for its owner alone, if there is none. Raises OSError."""
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)


def make_private(database: Path) -> None:
    """Makes the file if there is none, and takes the rights of others away from it and from what
    SQLite puts beside it. Raises OSError if it cannot be made."""
    with suppress(FileExistsError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))
    for end in _BESIDE:
        take_from_others(database.with_name(database.name + end))


def take_from_others(path: Path) -> None:
    """Leaves a path alone that is not there, or belongs to another user: who may change its mode
    decides about it."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)


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
def turn_on_wal(file: Path) -> None:
    """SQLite does not wait by itself for another process that does the same."""
    with closing(sqlite3.connect(file, timeout=WAIT_FOR_OTHERS)) as db:
        db.execute("PRAGMA journal_mode = WAL")
