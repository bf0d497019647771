"""The output of the command. All of it goes through these functions."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from bot import sanitize
from bot.render.output import write_rows

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.ports import Progress


Entity = TypeVar("Entity")

MAX_WIDTH = 1000
"""Characters in a line: names and tags have up to 256."""


def print_line(text: str) -> None:
    """Prints a line of the command's result."""
    click.echo(sanitize.line(text))


def print_lines(text: str) -> None:
    """Prints several lines of the command's result. Each value from outside must be on one line."""
    click.echo(sanitize.lines(text))


def print_exactly(text: str) -> None:
    """Prints `text` unchanged into a file, so that it keeps its digest. A terminal gets it without
    control characters."""
    click.echo(sanitize.lines(text) if sys.stdout.isatty() else text, nl=False)


def note(*sentences: str) -> None:
    """Prints sentences on standard error."""
    lines = "\n".join(map(sanitize.line, sentences))
    click.echo(f"ecr-clean: {lines}", err=True)


def note_lines(text: str) -> None:
    """Prints lines on standard error without a prefix, such as the help of a command."""
    click.echo(sanitize.lines(text), err=True)


def note_traceback(text: str) -> None:
    click.echo(sanitize.traceback_lines(text), err=True)


def show(parts: "Iterable[RenderableType]") -> None:
    """Prints texts and tables of `bot.render`. A table is wider than the terminal if that is what
    its names need: they are never broken."""
    from rich.console import Console  # noqa: PLC0415 - scripts do not need it
    from rich.measure import Measurement  # noqa: PLC0415

    console = Console()
    unlimited = console.options.update_width(MAX_WIDTH)
    for part in parts:
        needed = Measurement.get(console, unlimited, part).minimum
        console.print(part, crop=False, width=max(console.width, needed))


@dataclass(frozen=True, slots=True)
class OutputFormats(Generic[Entity]):
    """The output of a list in all formats. `texts`: in a terminal. `header`, `rows`: in CSV."""

    texts: Callable[[Iterable[Entity]], Iterable["RenderableType"]]
    json: Callable[[Entity], Iterable[bytes]]
    header: tuple[str, ...]
    rows: Callable[[Entity], Iterable[Iterable[object]]]

    def print_all(self, format_: str, entities: Iterable[Entity]) -> None:
        printers = {"table": self._print_texts, "json": self._print_json, "csv": self._print_csv}
        printers[format_](entities)

    def _print_texts(self, entities: Iterable[Entity]) -> None:
        show(self.texts(entities))

    def _print_json(self, entities: Iterable[Entity]) -> None:
        for entity in entities:
            sys.stdout.buffer.writelines(self.json(entity))
            sys.stdout.buffer.flush()

    def _print_csv(self, entities: Iterable[Entity]) -> None:
        write_rows([self.header], sys.stdout)
        for entity in entities:
            write_rows(self.rows(entity), sys.stdout)


@contextmanager
def progress_display() -> Iterator["Progress"]:
    """A progress bar that disappears at the end. Nothing if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from bot.cli.progress_bar import progress_bar  # noqa: PLC0415 - scripts do not need it

    with progress_bar() as show:
        yield show


def _silent(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """Shows nothing."""
