"""Files that commands write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import RequestError


def check_writable(path: Path) -> None:
    """Raises RequestError if `replace_file` cannot write this file."""
    with _unfinished(path) as file:
        file.touch()


def replace_file(path: Path, content: bytes) -> None:
    """Readers see the old file or the whole new one. Raises RequestError."""
    with _unfinished(path) as file:
        file.write_bytes(content)
        file.replace(path.resolve())


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A name next to the file, since a file can be replaced only by one in its folder."""
    if path.exists() and not path.is_file():
        raise RequestError(f"{path} is not a file: give the name of a file")
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield unfinished
    except OSError as error:
        reason = error.strerror or str(error)
        raise RequestError(f"{path} cannot be written: {reason}") from error
    finally:
        unfinished.unlink(missing_ok=True)
