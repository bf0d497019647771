"""Every text that the command prints goes through here."""

import sys
from typing import TYPE_CHECKING

import click

from bot import outgoing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType


def say(text: str) -> None:
    """A line of the command's result."""
    click.echo(outgoing.line(text))


def say_lines(text: str) -> None:
    """Several lines of it: fields from elsewhere must be on one line already."""
    click.echo(outgoing.lines(text))


def say_exactly(text: str) -> None:
    """What a digest names must not change on its way into a file; a terminal only shows it."""
    click.echo(outgoing.lines(text) if sys.stdout.isatty() else text, nl=False)


def note(*sentences: str) -> None:
    """Something that whoever runs the command should know, beside what it prints."""
    told = "\n".join(map(outgoing.line, sentences))
    click.echo(f"ecr-clean: {told}", err=True)


def note_lines(text: str) -> None:
    """Several lines as they are: the help of a command."""
    click.echo(outgoing.lines(text), err=True)


def note_traceback(text: str) -> None:
    click.echo(outgoing.traceback_lines(text), err=True)


def show(parts: "Iterable[RenderableType]") -> None:
    """Texts and tables as `bot.render` makes them."""
    from rich.console import Console  # noqa: PLC0415 - scripts need not wait for it

    console = Console()
    for part in parts:
        console.print(part, crop=False)
