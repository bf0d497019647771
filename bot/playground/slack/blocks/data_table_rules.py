"""Rules for data tables: docs.slack.dev/reference/block-kit/blocks/data-table-block, read on
2026-11-28. Older copies of that page allow 101 rows. Slack accepted more than those in July 2026
(openclaw/openclaw#116447), and now documents 201.
"""

from collections.abc import Iterable
from typing import Any

from bot.playground.slack.blocks.problems import BlockProblems, BlockRule
from bot.playground.slack.blocks.schema import anything, array, number, record, string, typed
from bot.playground.slack.blocks.traversal import Block, texts_in

MAX_COLUMNS = 20
MAX_ROWS_OF_A_PAGE = 100
MAX_CHARACTERS_OF_ALL_CELLS = 10_000
"""Of all tables in a message."""

_MAX_ROWS = 201
_MIN_ROWS = 2


def data_table_rows(text_cell: BlockRule, rich_text: BlockRule) -> BlockRule:
    """The header and at least one row, each with the same number of cells."""
    number_cell = record(
        {"type": anything, "value": number, "text": string(MAX_CHARACTERS_OF_ALL_CELLS)}
    )
    in_header = {"raw_text": text_cell, "raw_number": number_cell}
    header = array(typed(in_header), MAX_COLUMNS)
    row = array(typed({**in_header, "rich_text": rich_text}), MAX_COLUMNS)
    rows = array(row, _MAX_ROWS, _MIN_ROWS)

    def check(value: Any, at: str, problems: BlockProblems) -> None:
        rows(value, at, problems)
        if problems.all:
            return
        header(value[0], f"{at}/0", problems)
        if len(set(map(len, value))) > 1:
            problems.add(at, "all rows must have the same number of cells")

    return check


def check_characters(blocks: Iterable[Block], at: str, problems: BlockProblems) -> None:
    """Checks the cells of all tables in a message."""
    tables = [block["rows"] for block in blocks if block["type"] in ("table", "data_table")]
    if sum(map(len, texts_in(tables))) > MAX_CHARACTERS_OF_ALL_CELLS:
        problems.add(
            at, f"no more than {MAX_CHARACTERS_OF_ALL_CELLS} characters in all table cells allowed"
        )
