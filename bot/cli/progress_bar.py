"""A progress bar in a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from bot import ports, sanitize


@contextmanager
def progress_bar() -> Iterator[ports.Progress]:
    """A bar that starts again with every step and disappears at the end. The note follows the step
    in brackets."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _ProgressBar(bars).show


class _ProgressBar:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._step = ""

    def show(self, step: str, done: int, total: int | None, note: str = "", /) -> None:
        words = sanitize.line(f"{step} ({note})" if note else step)
        counted = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        if self._task is None or step != self._step:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(words, total=total, counted=counted)
            self._step = step
        self._bars.update(
            self._task, completed=done, total=total, counted=counted, description=words
        )
