"""SQLite files with access only for their owner. They contain approvals and manifests."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_SUFFIXES = ("", "-wal", "-shm", "-journal")
"""Suffixes of the database file and SQLite's other files: sqlite.org/tempfiles.html. New ones get
the mode of the database."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Creates the folder with access only for its owner, if it does not exist. Raises OSError."""
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)


def make_private(database: Path) -> None:
    """Creates the file if it does not exist. Removes the access of other users to it and to
    SQLite's other files. Raises OSError if it cannot be created."""
    with suppress(FileExistsError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))
    for end in _SUFFIXES:
        restrict_to_owner(database.with_name(database.name + end))


def restrict_to_owner(path: Path) -> None:
    """Removes the access of other users. Ignores a path that does not exist or belongs to another
    user."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
