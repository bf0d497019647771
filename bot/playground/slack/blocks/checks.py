"""Checks of complete messages, views and lists of options."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bot.playground.slack.blocks import sdk_validation
from bot.playground.slack.blocks.block_rules import IN_MESSAGES, IN_VIEWS
from bot.playground.slack.blocks.chart_rules import MAX_CHARTS_IN_A_MESSAGE
from bot.playground.slack.blocks.data_table_rules import check_characters
from bot.playground.slack.blocks.element_rules import OPTION_GROUPS, OPTIONS
from bot.playground.slack.blocks.problems import BlockProblem, BlockProblems, BlockRule
from bot.playground.slack.blocks.schema import (
    PLAIN,
    array,
    boolean,
    one_of,
    record,
    string,
    text,
)
from bot.playground.slack.blocks.traversal import Block, containers_in, elements_of, texts_in

MAX_BLOCKS_IN_A_MESSAGE = 50
MAX_BLOCKS_IN_A_VIEW = 100
MAX_CHARACTERS_OF_A_TEXT = 40_000
MAX_CHARACTERS_OF_A_MESSAGE = 12_000
"""Slack documents no number. It accepted 13,297 characters in one text (bolt-js#2509), and rejected
11,341 characters in many containers (bolt-js#2867)."""
_CHARACTERS_PER_CONTAINER = 10
_MAX_IN_A_MESSAGE = {"table": 1, "data_visualization": MAX_CHARTS_IN_A_MESSAGE}
MAX_BYTES_OF_A_VIEW = 250_000

_MESSAGE = array(IN_MESSAGES, MAX_BLOCKS_IN_A_MESSAGE, least=0)
_VIEW_BLOCKS = array(IN_VIEWS, MAX_BLOCKS_IN_A_VIEW)
_SHARED = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_MODAL = record(
    {"type": one_of("modal"), "title": text(24, PLAIN), "blocks": _VIEW_BLOCKS},
    {
        **_SHARED,
        "submit": text(24, PLAIN),
        "close": text(24, PLAIN),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = record({"type": one_of("home"), "blocks": _VIEW_BLOCKS}, _SHARED)


def check_message(blocks: Any, at: str = "/blocks") -> list[BlockProblem]:
    problems = BlockProblems()
    _MESSAGE(blocks, at, problems)
    if not problems.all:
        _check_ids(blocks, at, problems)
        _check_counts(blocks, at, problems)
    if not problems.all:
        sdk_validation.check_blocks_with_sdk(blocks, at, problems)
    return problems.all


def _check_counts(blocks: list[Block], at: str, problems: BlockProblems) -> None:
    counts = Counter(block["type"] for block in blocks)
    for kind, most in _MAX_IN_A_MESSAGE.items():
        if counts[kind] > most:
            plural = "" if most == 1 else "s"
            problems.add(at, f"no more than {most} {kind} block{plural} allowed")
    check_characters(blocks, at, problems)


def is_too_long(blocks: list[Block]) -> bool:
    """Whether the text of all blocks exceeds Slack's limit. Cells of data tables are no containers,
    otherwise no table could be as large as Slack documents."""
    characters = sum(map(len, texts_in(blocks)))
    others = [block for block in blocks if block["type"] != "data_table"]
    padding = _CHARACTERS_PER_CONTAINER * containers_in(others)
    return characters + padding > MAX_CHARACTERS_OF_A_MESSAGE


def check_view(view: Any, *, kind: str, at: str = "/view") -> list[BlockProblem]:
    """`kind` is `modal` or `home`."""
    problems = BlockProblems()
    rule: BlockRule = _MODAL if kind == "modal" else _HOME
    rule(view, at, problems)
    if not problems.all:
        _check_ids(view["blocks"], f"{at}/blocks", problems)
        _check_submit(view, at, problems)
        _check_focus(view["blocks"], at, problems)
    if not problems.all:
        sdk_validation.check_blocks_with_sdk(view["blocks"], f"{at}/blocks", problems)
        sdk_validation.check_view_with_sdk(view, at, problems)
    return problems.all


def is_too_large(view: Mapping[str, Any]) -> bool:
    return len(orjson.dumps(view)) > MAX_BYTES_OF_A_VIEW


def check_suggestions(answer: Any) -> list[BlockProblem]:
    """Checks the answer to block_suggestion: `options` or `option_groups`, possibly empty."""
    problems = BlockProblems()
    if not isinstance(answer, dict) or ("options" in answer) == ("option_groups" in answer):
        problems.add("", "must define either options or option_groups")
    elif any(answer.values()):
        record({}, {"options": OPTIONS, "option_groups": OPTION_GROUPS})(answer, "", problems)
    return problems.all


def _check_ids(blocks: list[Block], at: str, problems: BlockProblems) -> None:
    for name in _repeated(block["block_id"] for block in blocks if "block_id" in block):
        problems.add(at, f"block_id already exists: {name}")
    elements = (element for block in blocks for element in elements_of(block))
    for name in _repeated(each["action_id"] for each in elements if "action_id" in each):
        problems.add(at, f"action_id already exists: {name}")


def _repeated(names: Iterator[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _check_submit(view: Mapping[str, Any], at: str, problems: BlockProblems) -> None:
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and "submit" not in view:
        problems.add(at, "missing required field: submit")


def _check_focus(blocks: list[Block], at: str, problems: BlockProblems) -> None:
    focused = [
        element
        for block in blocks
        for element in elements_of(block)
        if element.get("focus_on_load")
    ]
    if len(focused) > 1:
        problems.add(at, "focus_on_load can be true for only one element")
