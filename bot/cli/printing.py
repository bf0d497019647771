"""Prints what a command found, each thing as it comes, in the form that was asked for."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.cli.terminal import show
from bot.render.output import write_rows

if TYPE_CHECKING:
    from rich.console import RenderableType

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Forms(Generic[Thing]):
    """How one kind of things looks. `texts`: of all in a terminal. `header`, `rows`: of CSV."""

    texts: Callable[[Iterable[Thing]], Iterable["RenderableType"]]
    json: Callable[[Thing], Iterable[bytes]]
    header: tuple[str, ...]
    rows: Callable[[Thing], Iterable[Iterable[object]]]

    def print_all(self, format_: str, things: Iterable[Thing]) -> None:
        printers = {"table": self._print_texts, "json": self._print_json, "csv": self._print_csv}
        printers[format_](things)

    def _print_texts(self, things: Iterable[Thing]) -> None:
        show(self.texts(things))

    def _print_json(self, things: Iterable[Thing]) -> None:
        for thing in things:
            sys.stdout.buffer.writelines(self.json(thing))
            sys.stdout.buffer.flush()

    def _print_csv(self, things: Iterable[Thing]) -> None:
        write_rows([self.header], sys.stdout)
        for thing in things:
            write_rows(self.rows(thing), sys.stdout)
