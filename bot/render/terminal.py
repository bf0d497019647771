"""Texts and tables for a terminal, without secrets and control characters. `shown` and
`shown_whole` make every text. The functions import rich when they are called, so that commands that
print JSON or CSV start faster."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bot import sanitize

if TYPE_CHECKING:
    from rich.console import RenderableType

ROWS = 15
"""The most lines of a list."""

LINE_WIDTH = 80
"""Of texts that are wrapped here, not by the terminal."""

_COMMAND = re.compile(r"`[^`]+`")
_HARD_SPACE = "\N{NO-BREAK SPACE}"

Layout = Mapping[str, Any]
"""Options of rich's `Table.add_column`."""

PLAIN: Layout = {}
ONE_LINE: Layout = {"no_wrap": True}
NUMBER: Layout = {"justify": "right"}
ONE_LINE_NUMBER: Layout = {**NUMBER, **ONE_LINE}
REST_OF_LINE: Layout = {"ratio": 1, "overflow": "fold"}


class Heading(NamedTuple):
    """The heading of a table column."""

    text: str
    layout: Layout = PLAIN


def shown(*parts: str | tuple[str, str], style: str = "") -> "RenderableType":
    """A line that may be wrapped. A part is a text, or a text and its style."""
    from rich.text import Text

    return Text.assemble(*map(_safe, parts), style=style)


def shown_whole(*parts: str | tuple[str, str], style: str = "") -> "RenderableType":
    """A line that is never wrapped, so that commands can be copied. It is in a group, since rich
    wraps any other text."""
    from rich.text import Text

    text = Text.assemble(*map(_safe, parts), style=style, no_wrap=True, overflow="ignore")
    return stacked(text)


def wrapped(text: str, indent: int) -> list[str]:
    """The text in lines that fit into LINE_WIDTH behind `indent`. Words and `commands` are never
    broken, so that they can be copied."""
    safe = sanitize.line(text)
    unbroken = _COMMAND.sub(lambda command: command[0].replace(" ", _HARD_SPACE), safe)
    lines = textwrap.wrap(
        unbroken, LINE_WIDTH - indent, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_HARD_SPACE, " ") for line in lines]


def _safe(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, str):
        return sanitize.line(part)
    text, style = part
    return sanitize.line(text), style


def stacked(*parts: "RenderableType") -> "RenderableType":
    """The parts one below the other."""
    from rich.console import Group

    return Group(*parts)


def indented(part: "RenderableType") -> "RenderableType":
    from rich.padding import Padding

    return Padding(part, (0, 0, 0, 2), expand=False)


def section(*parts: "RenderableType") -> "RenderableType":
    """Indented, below an empty line."""
    from rich.padding import Padding

    return Padding(stacked(*parts), (1, 0, 0, 2))


def table(
    headings: Iterable[Heading], rows: Iterable[Sequence["RenderableType"]]
) -> "RenderableType":
    """A text in a cell is shown as it is: rich's markup is not interpreted."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="dim", expand=False)
    for heading in headings:
        made.add_column(heading.text, **heading.layout)
    for row in rows:
        made.add_row(*(shown(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def bullets(lines: Iterable[str]) -> "RenderableType":
    """A list with dashes and hanging indent."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        grid.add_row("-", shown(line))
    return indented(grid)


def how_many_more(total: int, where: str) -> Iterable["RenderableType"]:
    """The line `… and 5 more`. Nothing if all entries are shown."""
    if (more := total - ROWS) > 0:
        yield shown(f"… and {more:,} more: {where}", style="dim")
