"""SQLite's write-ahead log (WAL), which allows reads during writes."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

WAIT_FOR_OTHERS = 30.0
"""Seconds."""


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
    """Retries, since SQLite does not wait for another process that turns on WAL."""
    with closing(sqlite3.connect(file, timeout=WAIT_FOR_OTHERS)) as db:
        db.execute("PRAGMA journal_mode = WAL")
