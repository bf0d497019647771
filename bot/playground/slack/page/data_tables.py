"""Data tables as the template `_table.html` draws them. The script sorts and filters their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_ROWS_OF_A_PAGE = 5
"""Slack's default."""

_CHARACTERS_OF_A_LINE = 32


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """`parts`: texts and their links, which are empty for text without a link. `value`: the number
    by which the cell is sorted, None in other cells."""

    parts: Sequence[tuple[str, str]]
    value: float | None

    @property
    def is_long(self) -> bool:
        """Whether the text may need several lines."""
        return sum(len(text) for text, _ in self.parts) > _CHARACTERS_OF_A_LINE


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """`is_numeric`: whether all its cells are numbers, so that Slack sorts by their values."""

    title: str
    is_numeric: bool


@dataclass(frozen=True, kw_only=True)
class ShownTable:
    """`names_rows`: the number of the column that names the row to screen readers."""

    caption: str
    columns: Sequence[ShownColumn]
    rows: Sequence[Sequence[ShownCell]]
    page_size: int
    names_rows: int


def shown_table(block: Json) -> ShownTable:
    """From a valid block of the type `data_table`."""
    header, *rows = block["rows"]
    return ShownTable(
        caption=block["caption"],
        columns=[
            ShownColumn(
                title=title["text"], is_numeric=all(cell["type"] == "raw_number" for cell in cells)
            )
            for title, *cells in zip(header, *rows, strict=True)
        ],
        rows=[[_cell(each) for each in row] for row in rows],
        page_size=block.get("page_size", _ROWS_OF_A_PAGE),
        names_rows=block.get("row_header_column_index", 0),
    )


def _cell(cell: Json) -> ShownCell:
    if cell["type"] == "rich_text":
        return ShownCell(parts=list(_parts(cell["elements"])), value=None)
    return ShownCell(parts=[(cell["text"], "")], value=cell.get("value"))


def _parts(elements: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """The texts and links of rich text, without styles."""
    for each in elements:
        match each["type"]:
            case "text":
                yield str(each["text"]), ""
            case "link":
                yield str(each.get("text", each["url"])), _web_address(each["url"])
            case "emoji":
                yield f":{each['name']}:", ""
            case _ if "elements" in each:
                yield from _parts(each["elements"])
            case kind:
                yield str(each.get("fallback", f"({kind})")), ""


def _web_address(url: str) -> str:
    """Empty for other links, which could run scripts."""
    return url if url.startswith(("https://", "http://")) else ""
