"""Blocks that every workspace knows, in place of charts and data tables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.slack.api import DATA_TABLE, Json
from bot.slack.messages.block_kit import MOST_IN_SECTION, and_more, as_json, section
from bot.slack.messages.data_tables import MOST_IN_NAME
from bot.slack.mrkdwn import code, prose

MOST_BLOCKS = 50
"""In a message."""

MOST_CHARACTERS = 9000
"""In all blocks of a message. Slack documents no limit, and refuses some messages of 11,000."""

_ROOM_FOR_THE_REST = 30
"""Characters of the line with the number of omitted rows."""


def without_kind(blocks: Sequence[Json], kind: str) -> list[Json]:
    """The message without blocks of this kind. A data table becomes sections with the same rows, as
    many as fit. A chart is left out, since the `text` of its message tells the same."""
    kept = [block for block in blocks if block["type"] != kind]
    if kind != DATA_TABLE or len(kept) == len(blocks):
        return kept
    tables = len(blocks) - len(kept)
    most_sections = (MOST_BLOCKS - len(kept)) // tables
    most_characters = (MOST_CHARACTERS - sum(map(characters, kept))) // tables
    return [
        plain
        for block in blocks
        for plain in (
            _sections(block, most_sections, most_characters) if block["type"] == kind else [block]
        )
    ]


def _sections(table: Json, most: int, most_characters: int) -> list[Json]:
    """The caption and the rows of the table, in at most `most` sections."""
    header, *rows = table["rows"]
    columns = [cell["text"] for cell in header]
    lines = [f"*{prose(table['caption'])}*", *(_row(columns, row) for row in rows)]
    texts = _packed(lines, most, most_characters - _ROOM_FOR_THE_REST)
    shown = sum(map(len, texts))
    if texts:
        texts[-1].extend(and_more(len(lines) - shown))
    return as_json(section(*each) for each in texts)


def _packed(lines: Iterable[str], most: int, most_characters: int) -> list[list[str]]:
    """The lines of each section. Ends before the first line that does not fit."""
    packed: list[list[str]] = []
    room, left = 0, most_characters
    for line in lines:
        size = len(line) + 1
        is_new = size > room
        if size > left or (is_new and len(packed) == most):
            break
        if is_new:
            packed.append([])
            room = MOST_IN_SECTION - _ROOM_FOR_THE_REST
        packed[-1].append(line)
        room -= size
        left -= size
    return packed


def _row(columns: Sequence[str], row: Sequence[Json]) -> str:
    """The name of the row, and its other cells with their columns. Leaves out blank cells."""
    name, *cells = (cell["text"] for cell in row)
    facts = (
        f"{prose(column)} {prose(text)}"
        for column, text in zip(columns[1:], cells, strict=True)
        if text.strip()
    )
    return " · ".join((code(name, MOST_IN_NAME), *facts))


def characters(block: Json) -> int:
    """In all texts of the block."""
    return sum(map(len, _texts(block)))


def _texts(part: Any) -> Iterator[str]:
    """Every string with the key `text`, at any depth."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for each in part.values():
            yield from _texts(each)
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)
