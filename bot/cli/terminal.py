"""Everything that the command prints goes through here."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from bot import sanitize
from bot.ports import Progress
from bot.render.output import write_rows

if TYPE_CHECKING:
    from rich.console import RenderableType


Entity = TypeVar("Entity")


def print_line(text: str) -> None:
    """A line of the command's result."""
    click.echo(sanitize.line(text))


def print_lines(text: str) -> None:
    """Several lines of it: fields from elsewhere must be on one line already."""
    click.echo(sanitize.lines(text))


def print_exactly(text: str) -> None:
    """What a digest names must not change on its way into a file; a terminal only shows it."""
    click.echo(sanitize.lines(text) if sys.stdout.isatty() else text, nl=False)


def note(*sentences: str) -> None:
    """Something that whoever runs the command should know, beside what it prints."""
    told = "\n".join(map(sanitize.line, sentences))
    click.echo(f"ecr-clean: {told}", err=True)


def note_lines(text: str) -> None:
    """Several lines as they are: the help of a command."""
    click.echo(sanitize.lines(text), err=True)


def note_traceback(text: str) -> None:
    click.echo(sanitize.traceback_lines(text), err=True)


def show(parts: "Iterable[RenderableType]") -> None:
    """Texts and tables as `bot.render` makes them."""
    from rich.console import Console  # noqa: PLC0415 - scripts need not wait for it

    console = Console()
    for part in parts:
        console.print(part, crop=False)


@dataclass(frozen=True, slots=True)
class OutputFormats(Generic[Entity]):
    """How one kind of entities looks. `texts`: of all in a terminal. `header`, `rows`: of CSV."""

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
def progress_display() -> Iterator[Progress]:
    """Leaves nothing behind; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from bot.cli.progress_bar import progress_bar  # noqa: PLC0415 - scripts need not wait for it

    with progress_bar() as show:
        yield show


def _silent(step: str, done: int, total: int | None, note: str = "", /) -> None:
    """Nobody looks."""
