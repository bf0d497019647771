"""CSV that a spreadsheet takes for text and numbers alone, and a terminal for lines."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from bot.core.redaction import Redactor
from bot.core.visible import visible
from bot.outgoing import own_redactor

_STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""OWASP, CSV Injection. The last four are the full-width forms of the first; tabs and line ends are
escaped."""


def write_rows(rows: Iterable[Iterable[object]], to: TextIO) -> None:
    """A text that would start a formula gets an apostrophe in front. Control characters, line ends
    among them, are escaped, and secrets removed."""
    redactor = own_redactor()
    harmless = (_harmless(tuple(row), redactor) for row in rows)
    csv.writer(to, lineterminator="\n").writerows(harmless)


def _harmless(row: Sequence[object], redactor: Redactor) -> Iterator[object]:
    """Hardly any row holds a secret, and to search it at once takes a fraction of the time."""
    whole = "\n".join(cell for cell in row if isinstance(cell, str))
    holds_secrets = redactor.redact(whole) != whole
    for cell in row:
        if isinstance(cell, str):
            text = visible(redactor.redact(cell) if holds_secrets else cell)
            yield f"'{text}" if text.startswith(_STARTS_OF_FORMULAS) else text
        else:
            yield cell
