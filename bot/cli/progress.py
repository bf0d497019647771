"""A progress bar on standard error while work is long and a person looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.ports import Progress


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Leaves nothing behind; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from bot.cli.progress_bar import progress_bar  # noqa: PLC0415 - scripts need not wait for it

    with progress_bar() as show:
        yield show


def _silent(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """Nobody looks."""
