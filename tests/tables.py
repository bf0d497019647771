"""Every value in every table of the databases in a folder, as text."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path


def stored_texts(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.db"):
        with closing(sqlite3.connect(file)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    yield from map(_text, row)


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode(errors="replace")
    except zlib.error:
        return value.decode(errors="replace")
