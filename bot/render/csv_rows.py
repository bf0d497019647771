"""CSV that a spreadsheet takes for text and numbers alone."""

import csv
from collections.abc import Iterable
from typing import TextIO

_STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""OWASP, CSV Injection. The last four are the full-width forms of the first."""


def write_rows(rows: Iterable[Iterable[object]], to: TextIO) -> None:
    """A text that would start a formula gets an apostrophe in front."""
    csv.writer(to, lineterminator="\n").writerows(map(_harmless, row) for row in rows)


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r", "\n")  # csv quotes a line feed, but not what else ends a line
    return f"'{text}" if text.startswith(_STARTS_OF_FORMULAS) else text
