"""Checks of data tables: each limit at the limit, and one above it; workspaces that refuse them."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground.slack import SimulatedUser, Workspace
from bot.playground.slack.blocks import check_message, check_view, is_too_long

from .helpers import error, modal, refusal, section

Json = dict[str, Any]


def text(content: Any = "x", **more: Any) -> Json:
    return {"type": "raw_text", "text": content, **more}


def number(value: Any = 1, content: Any = "1") -> Json:
    return {"type": "raw_number", "value": value, "text": content}


def rich(content: str = "x") -> Json:
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": content}]}
    return {"type": "rich_text", "elements": [words]}


def block(*rows: list[Json], **more: Any) -> Json:
    table = {"type": "data_table", "caption": "Repositories", "rows": list(rows), **more}
    return {name: value for name, value in table.items() if value is not None}


def rows(count: int, columns: int = 1, cell: Json | None = None) -> list[list[Json]]:
    return [[cell or text()] * columns for _ in range(count)]


VALID: dict[str, list[Json]] = {
    "2 rows": [block(*rows(2))],
    "201 rows": [block(*rows(201))],
    "20 columns": [block(*rows(2, columns=20))],
    "cells of each type": [block(rows(1, 3)[0], [text(), number(), rich()])],
    "numbers in the header": [block([number()], [number()])],
    "extreme numbers": [block([text()], [number(-1e300)], [number(2**62)], [number(0.5)])],
    "one row on a page": [block(*rows(2), page_size=1)],
    "100 rows on a page": [block(*rows(2), page_size=100)],
    "a row header": [block(*rows(2, columns=2), row_header_column_index=1)],
    "10,000 characters": [block([text("x" * 5000)], [text("y" * 4990)], [rich("z" * 10)])],
    "two tables": [block(*rows(2)), block(*rows(2))],
    "a block_id": [block(*rows(2), block_id="x" * 255)],
}

INVALID: dict[str, tuple[list[Json], str, str]] = {
    "no caption": ([block(*rows(2), caption=None)], "/0", "missing required field: caption"),
    "an empty caption": ([block(*rows(2), caption="")], "/0/caption", "more than 0 characters"),
    "the header alone": ([block(*rows(1))], "/0/rows", "no fewer than 2 items allowed"),
    "202 rows": ([block(*rows(202))], "/0/rows", "no more than 201 items allowed"),
    "no columns": ([block(*rows(2, columns=0))], "/0/rows/0", "no fewer than 1 items allowed"),
    "21 columns": ([block(*rows(2, columns=21))], "/0/rows/1", "no more than 20 items allowed"),
    "a short row": ([block([text(), text()], [text()])], "/0/rows", "the same number of cells"),
    "rich text in the header": (
        [block([rich()], [text()])],
        "/0/rows/0/0",
        "unsupported type: rich_text",
    ),
    "an unknown cell": ([block([text()], [{"type": "date"}])], "/0/rows/1/0", "unsupported type"),
    "an empty cell": ([block([text()], [text("")])], "/0/rows/1/0/text", "more than 0 characters"),
    "a number without text": (
        [block([text()], [number(content="")])],
        "/0/rows/1/0/text",
        "more than 0 characters",
    ),
    "text as number": ([block([text()], [number("1")])], "/0/rows/1/0/value", "must be a number"),
    "a number as text": ([block([text()], [text(1)])], "/0/rows/1/0/text", "must be a string"),
    "an unknown key of a cell": (
        [block([text()], [text(bold=True)])],
        "/0/rows/1/0",
        "invalid additional property: bold",
    ),
    "an unknown key": ([block(*rows(2), sort="asc")], "/0", "invalid additional property: sort"),
    "no rows on a page": ([block(*rows(2), page_size=0)], "/0/page_size", "between 1 and 100"),
    "101 rows on a page": ([block(*rows(2), page_size=101)], "/0/page_size", "between 1 and 100"),
    "10,001 characters": (
        [block([text("x" * 5000)], [text("y" * 5001)])],
        "",
        "no more than 10000 characters in all table cells allowed",
    ),
    "10,001 characters in two tables": (
        [block([text("x")], [text("y" * 5000)]), block([text("x")], [rich("y" * 4999)])],
        "",
        "no more than 10000 characters in all table cells allowed",
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_valid_tables(name: str) -> None:
    assert [str(problem) for problem in check_message(VALID[name])] == []


@pytest.mark.parametrize("name", INVALID)
def test_invalid_tables(name: str) -> None:
    blocks, pointer, words = INVALID[name]
    problems = check_message(blocks)
    found = [problem.text for problem in problems if problem.pointer == f"/blocks{pointer}"]
    assert any(words in problem for problem in found), problems


def test_a_table_of_10_000_characters_in_2_000_cells_fits_its_message() -> None:
    table = block(*rows(100, columns=20, cell=text("x" * 5)))
    assert check_message([table]) == []
    assert not is_too_long([table, section("x" * 1900)])
    assert is_too_long([table, section("x" * 2000)])


def test_views_have_no_tables() -> None:
    (problem,) = check_view(modal(block(*rows(2))), kind="modal")
    assert problem.text == "unsupported type: data_table"


def test_the_error_has_the_form_of_other_blocks(web: WebClient, general: str) -> None:
    wrong = [section(), block(*rows(202))]
    body = refusal(web.chat_postMessage, channel=general, text="x", blocks=wrong)
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == ["no more than 201 items allowed [json-pointer:/blocks/1/rows]"]


def test_a_workspace_that_does_not_know_tables(
    slack: Workspace, web: WebClient, general: str, ann: SimulatedUser
) -> None:
    slack.remote.add_fault("*", block="data_table", error="invalid_blocks", times=None)
    blocks = [section(), block(*rows(2))]
    refused = error(web.chat_postMessage, channel=general, text="x", blocks=blocks)
    assert refused == "invalid_blocks"
    assert ann.messages(general) == []
    ts = web.chat_postMessage(channel=general, text="x", blocks=[section()])["ts"]
    assert error(web.chat_update, channel=general, ts=ts, text="x", blocks=blocks) == refused
