"""What tables and texts in a terminal have in common."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

ROWS = 15
"""Lines that a list shows at the most."""


def indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def table() -> Table:
    return Table(box=None, pad_edge=False, header_style="dim", expand=False)


def bullets(lines: Iterable[str], style: str = "") -> RenderableType:
    """Each with a dash; a long one hangs behind it."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        grid.add_row("-", Text(line, style=style))
    return indented(grid)


def how_many_more(total: int, where: str) -> Iterable[Text]:
    """Nothing if all are shown."""
    if (more := total - ROWS) > 0:
        yield Text(f"… and {more:,} more: {where}", style="dim")
