"""What Slack asks of a whole message, a whole view, or a list of options."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from bot.playground.slack.blocks import second_opinion
from bot.playground.slack.blocks.elements import OPTION_GROUPS, OPTIONS
from bot.playground.slack.blocks.kinds import IN_MESSAGES, IN_VIEWS
from bot.playground.slack.blocks.report import Problem, Report, Rule
from bot.playground.slack.blocks.rules import (
    PLAIN,
    array,
    boolean,
    one_of,
    record,
    string,
    text,
)
from bot.playground.slack.blocks.walking import Block, containers_in, elements_of, texts_in

MOST_BLOCKS_IN_A_MESSAGE = 50
MOST_BLOCKS_IN_A_VIEW = 100
MOST_CHARACTERS_OF_A_TEXT = 40_000
MOST_CHARACTERS_OF_A_MESSAGE = 12_000
"""Slack documents no number: 13,297 characters went through alone (bolt-js#2509), while 11,341 in
many containers were refused (bolt-js#2867)."""
_CHARACTERS_PER_CONTAINER = 10
MOST_BYTES_OF_A_VIEW = 250_000

_MESSAGE = array(IN_MESSAGES, MOST_BLOCKS_IN_A_MESSAGE, least=0)
_VIEW_BLOCKS = array(IN_VIEWS, MOST_BLOCKS_IN_A_VIEW)
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


def check_message(blocks: Any, at: str = "/blocks") -> list[Problem]:
    report = Report()
    _MESSAGE(blocks, at, report)
    if not report.problems:
        _check_ids(blocks, at, report)
        if sum(block["type"] == "table" for block in blocks) > 1:
            report.blame(at, "no more than 1 table block allowed")
    if not report.problems:
        second_opinion.ask_of_blocks(blocks, at, report)
    return report.problems


def is_too_long(blocks: list[Block]) -> bool:
    """Whether all text of a message together is more than Slack takes."""
    characters = sum(map(len, texts_in(blocks)))
    padding = _CHARACTERS_PER_CONTAINER * containers_in(blocks)
    return characters + padding > MOST_CHARACTERS_OF_A_MESSAGE


def check_view(view: Any, *, kind: str, at: str = "/view") -> list[Problem]:
    """`kind` is `modal` or `home`."""
    report = Report()
    rule: Rule = _MODAL if kind == "modal" else _HOME
    rule(view, at, report)
    if not report.problems:
        _check_ids(view["blocks"], f"{at}/blocks", report)
        _check_submit(view, at, report)
        _check_focus(view["blocks"], at, report)
    if not report.problems:
        second_opinion.ask_of_blocks(view["blocks"], f"{at}/blocks", report)
        second_opinion.ask_of_view(view, at, report)
    return report.problems


def is_too_large(view: Mapping[str, Any]) -> bool:
    return len(orjson.dumps(view)) > MOST_BYTES_OF_A_VIEW


def check_suggestions(answer: Any) -> list[Problem]:
    """What answers a block_suggestion: `{options}` or `{option_groups}`; the list may be empty."""
    report = Report()
    if not isinstance(answer, dict) or ("options" in answer) == ("option_groups" in answer):
        report.blame("", "must define either options or option_groups")
    elif any(answer.values()):
        record({}, {"options": OPTIONS, "option_groups": OPTION_GROUPS})(answer, "", report)
    return report.problems


def _check_ids(blocks: list[Block], at: str, report: Report) -> None:
    for name in _repeated(block["block_id"] for block in blocks if "block_id" in block):
        report.blame(at, f"block_id already exists: {name}")
    elements = (element for block in blocks for element in elements_of(block))
    for name in _repeated(each["action_id"] for each in elements if "action_id" in each):
        report.blame(at, f"action_id already exists: {name}")


def _repeated(names: Iterator[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _check_submit(view: Mapping[str, Any], at: str, report: Report) -> None:
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and "submit" not in view:
        report.blame(at, "missing required field: submit")


def _check_focus(blocks: list[Block], at: str, report: Report) -> None:
    focused = [
        element
        for block in blocks
        for element in elements_of(block)
        if element.get("focus_on_load")
    ]
    if len(focused) > 1:
        report.blame(at, "focus_on_load can be true for only one element")
