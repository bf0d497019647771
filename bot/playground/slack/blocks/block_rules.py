"""Rules for blocks.

RateLimiter as in docs.slack.dev/reference/block-kit/blocks, read on 2026-11-23. The stand-in
rejects block types that it does not know, although Slack may accept them.
"""

from typing import Any

from bot.playground.slack.blocks.chart_rules import CHART, MAX_CHARACTERS_OF_A_TITLE
from bot.playground.slack.blocks.data_table_rules import (
    MAX_COLUMNS,
    MAX_ROWS_OF_A_PAGE,
    data_table_rows,
)
from bot.playground.slack.blocks.element_rules import ACCESSORY, IMAGE, IN_ACTIONS, IN_INPUT
from bot.playground.slack.blocks.problems import BlockProblems, BlockRule
from bot.playground.slack.blocks.schema import (
    BOTH,
    PLAIN,
    all_of,
    anything,
    array,
    boolean,
    integer,
    one_of,
    record,
    string,
    text,
    typed,
)

MAX_CHARACTERS_OF_A_MARKDOWN_BLOCK = 12_000
_ANY_TEXT = 40_000


def _block(
    required: dict[str, BlockRule], optional: dict[str, BlockRule], *more: BlockRule
) -> BlockRule:
    own = {"block_id": string(255), **optional}
    return all_of(record({"type": anything, **required}, own), *more)


def _text_or_fields(value: Any, at: str, problems: BlockProblems) -> None:
    if "text" not in value and "fields" not in value:
        problems.add(at, "missing required field: text or fields")


def _one_image(value: Any, at: str, problems: BlockProblems) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        problems.add(at, "must define either image_url or slack_file")


_STYLE = record({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_LEAVES = typed(
    {
        "text": record({"type": anything, "text": string(_ANY_TEXT)}, {"style": _STYLE}),
        "link": record(
            {"type": anything, "url": string(3000)},
            {"text": string(_ANY_TEXT), "style": _STYLE, "unsafe": boolean},
        ),
        "emoji": record({"type": anything, "name": string(255)}, {"style": _STYLE}),
        "user": record({"type": anything, "user_id": string(255)}, {"style": _STYLE}),
        "usergroup": record({"type": anything, "usergroup_id": string(255)}, {"style": _STYLE}),
        "channel": record({"type": anything, "channel_id": string(255)}, {"style": _STYLE}),
        "date": record(
            {
                "type": anything,
                "timestamp": integer(0, 9_999_999_999),
                "format": string(255),
            },
            {"url": string(3000), "fallback": string(255), "style": _STYLE},
        ),
        "broadcast": record({"type": anything, "range": one_of("here", "channel", "everyone")}),
    }
)
_LINES = array(_LEAVES, _ANY_TEXT, least=0)
_SECTION_OF_RICH_TEXT = record({"type": anything, "elements": _LINES})
_RICH_TEXT_ELEMENTS = {
    "rich_text_section": _SECTION_OF_RICH_TEXT,
    "rich_text_preformatted": record(
        {"type": anything, "elements": _LINES}, {"border": integer(0, 1)}
    ),
    "rich_text_quote": record({"type": anything, "elements": _LINES}, {"border": integer(0, 1)}),
    "rich_text_list": record(
        {
            "type": anything,
            "style": one_of("bullet", "ordered"),
            "elements": array(_SECTION_OF_RICH_TEXT, _ANY_TEXT),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
    ),
}
_RICH_TEXT = _block({"elements": array(typed(_RICH_TEXT_ELEMENTS), _ANY_TEXT)}, {})

_TEXT_CELL = record({"type": anything, "text": string(_ANY_TEXT)})
_CELL = typed({"raw_text": _TEXT_CELL, "rich_text": _RICH_TEXT})
_COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _column(value: Any, at: str, problems: BlockProblems) -> None:
    """null keeps the default settings of a column."""
    if value is not None:
        _COLUMN(value, at, problems)


BLOCKS: dict[str, BlockRule] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": ACCESSORY,
            "expand": boolean,
        },
        _text_or_fields,
    ),
    "header": _block({"text": text(150, PLAIN)}, {}),
    "divider": _block({}, {}),
    "context": _block(
        {
            "elements": array(
                typed({"image": all_of(IMAGE, _one_image), **dict.fromkeys(BOTH, text(3000))}), 10
            )
        },
        {},
    ),
    "actions": _block({"elements": array(IN_ACTIONS, 25)}, {}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": anything, "title": text(2000, PLAIN)},
        _one_image,
    ),
    "input": _block(
        {"label": text(2000, PLAIN), "element": IN_INPUT},
        {"hint": text(2000, PLAIN), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _RICH_TEXT,
    "table": _block(
        {"rows": array(array(_CELL, 20), 100)}, {"column_settings": array(_column, 20, least=0)}
    ),
    "markdown": _block({"text": string(MAX_CHARACTERS_OF_A_MARKDOWN_BLOCK)}, {}),
    "data_visualization": _block({"title": string(MAX_CHARACTERS_OF_A_TITLE), "chart": CHART}, {}),
    "data_table": _block(
        {"caption": string(_ANY_TEXT), "rows": data_table_rows(_TEXT_CELL, _RICH_TEXT)},
        {
            "page_size": integer(1, MAX_ROWS_OF_A_PAGE),
            "row_header_column_index": integer(0, MAX_COLUMNS - 1),
        },
    ),
}

IN_MESSAGES = typed(BLOCKS)
IN_VIEWS = typed(BLOCKS, BLOCKS.keys() - {"table", "markdown", "data_visualization", "data_table"})
