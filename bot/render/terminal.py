"""What tables and texts in a terminal have in common. Every text is made by `shown`, which keeps
it from doing anything but being read."""

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot import outgoing

ROWS = 15
"""Lines that a list shows at the most."""


def shown(*parts: str | tuple[str, str], style: str = "") -> Text:
    """One line, which may be wrapped. A part may come with a style of its own."""
    return Text.assemble(*map(_safe, parts), style=style)


def shown_whole(*parts: str | tuple[str, str], style: str = "") -> RenderableType:
    """One line that is never wrapped, so that a command in it can be copied. Rich would wrap a text
    that is in no group."""
    text = Text.assemble(*map(_safe, parts), style=style, no_wrap=True, overflow="ignore")
    return Group(text)


def _safe(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, str):
        return outgoing.line(part)
    text, style = part
    return outgoing.line(text), style


class Rows(Table):
    """Texts in its cells are shown as they are."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        super().add_row(
            *(shown(cell) if isinstance(cell, str) else cell for cell in cells), **options
        )


def indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def table() -> Rows:
    return Rows(box=None, pad_edge=False, header_style="dim", expand=False)


def bullets(lines: Iterable[str], style: str = "") -> RenderableType:
    """Each with a dash; a long one hangs behind it."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        grid.add_row("-", shown(line, style=style))
    return indented(grid)


def how_many_more(total: int, where: str) -> Iterable[Text]:
    """Nothing if all are shown."""
    if (more := total - ROWS) > 0:
        yield shown(f"… and {more:,} more: {where}", style="dim")
