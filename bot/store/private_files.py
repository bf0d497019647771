"""Files of SQLite that only their owner can read: they hold who approved what, and manifests."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite puts beside a database: sqlite.org/tempfiles.html. It gives new ones the mode of the
database."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Makes the folder, for its owner alone, if there is none. Raises OSError."""
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)


def make_private(database: Path) -> None:
    """Makes the file if there is none, and takes the rights of others away from it and from what
    SQLite puts beside it. Raises OSError if it cannot be made."""
    with suppress(FileExistsError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))
    for end in _BESIDE:
        restrict_to_owner(database.with_name(database.name + end))


def restrict_to_owner(path: Path) -> None:
    """Leaves a path alone that is not there, or belongs to another user: who may change its mode
    decides about it."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
