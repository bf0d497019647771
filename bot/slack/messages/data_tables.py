"""Tables in messages: blocks of the type `data_table`, which slack_sdk has no models of.

Users sort and filter these tables in Slack. Limits: docs.slack.dev,
reference/block-kit/blocks/data-table-block. Older copies of that page allow 100 rows below the
header, newer ones 200.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot import sanitize
from bot.slack.api import DATA_TABLE, Json
from bot.slack.mrkdwn import distinct_names

MOST_ROWS = 200
"""Below the header."""

MOST_COLUMNS = 20
MOST_ON_PAGE = 100
MOST_CHARACTERS = 10_000
"""In all cells of a message."""

MOST_FITTING_ROWS = 100
FITTING_CHARACTERS = 8000
"""In all cells of a table that leaves room for the rest of its message."""

MOST_IN_NAME = 60

_BLANK = " "
"""Slack refuses cells without text."""


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number. Slack sorts by `value`, and shows `text`."""

    value: float
    text: str


Cell = str | NumberCell


@dataclass(frozen=True, slots=True)
class TableRow:
    """`name`: the first cell, which says to screen readers what the row is about."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """`columns`: the header. `page_size`: rows that Slack shows at once. Raises ValueError for
    anything that Slack would refuse: see `fitting_rows`."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    page_size: int = 10

    def __post_init__(self) -> None:
        _expect_between(1, MOST_ROWS, len(self.rows), "rows below its header")
        _expect_between(1, MOST_COLUMNS, len(self.columns), "columns")
        _expect_between(1, MOST_ON_PAGE, self.page_size, "rows on a page")
        for row in self.rows:
            if len(row.cells) + 1 != len(self.columns):
                raise ValueError(f"the row {row.name!r} needs one cell for each column")
            if not all(math.isfinite(each.value) for each in _numbers(row)):
                raise ValueError(f"the row {row.name!r} has a number that is not finite")
        names = (row.name for row in self.rows)
        if not all(map(str.strip, (self.caption, *self.columns, *names))):
            raise ValueError("a caption, a column or the name of a row is empty")
        if (characters := sum(map(_characters, self._lines))) > MOST_CHARACTERS:
            raise ValueError(
                f"a table has at most {MOST_CHARACTERS:,} characters, not {characters:,}"
            )

    def to_dict(self) -> Json:
        """The block."""
        return {
            "type": DATA_TABLE,
            "caption": self.caption,
            "rows": [[_cell(each) for each in line] for line in self._lines],
            "page_size": self.page_size,
        }

    @property
    def _lines(self) -> Iterator[Sequence[Cell]]:
        yield self.columns
        yield from map(_line, self.rows)


def fitting_rows(
    columns: Sequence[str], rows: Iterable[TableRow], characters: int = FITTING_CHARACTERS
) -> tuple[TableRow, ...]:
    """The first rows that fit, with the header, into this number of characters; at most
    MOST_FITTING_ROWS. Long names are cut in the middle, and stay distinct."""
    first = list(islice(rows, MOST_FITTING_ROWS))
    names = distinct_names((row.name for row in first), MOST_IN_NAME)
    room = characters - _characters(columns)
    fitting: list[TableRow] = []
    for row, name in zip(first, names, strict=True):
        short = replace(row, name=name)
        room -= _characters(_line(short))
        if room < 0:
            break
        fitting.append(short)
    return tuple(fitting)


def _line(row: TableRow) -> Sequence[Cell]:
    return row.name, *row.cells


def _numbers(row: TableRow) -> Iterator[NumberCell]:
    return (each for each in row.cells if isinstance(each, NumberCell))


def _characters(line: Sequence[Cell]) -> int:
    return sum(len(_cell(each)["text"]) for each in line)


def _cell(cell: Cell) -> Json:
    if isinstance(cell, NumberCell):
        return {"type": "raw_number", "value": cell.value, "text": _text(cell.text)}
    return {"type": "raw_text", "text": _text(cell)}


def _text(text: str) -> str:
    return sanitize.line(text) or _BLANK


def _expect_between(least: int, most: int, number: int, of: str) -> None:
    if not least <= number <= most:
        raise ValueError(f"a table has {least} to {most} {of}, not {number}")
