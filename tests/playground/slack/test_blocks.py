"""Checks of blocks: each limit at the limit, and one above it."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.models.blocks import SectionBlock

from bot.playground.slack import Workspace
from bot.playground.slack.blocks import check_message, check_suggestions, check_view

from .helpers import (
    CONFIRM,
    actions,
    button,
    error,
    field,
    modal,
    mrkdwn,
    option,
    options,
    plain,
    refusal,
    section,
    text_input,
)

Json = dict[str, Any]


def x(count: int) -> str:
    return "x" * count


def many(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def menu(kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "action_id": "menu", **more}


def static(*values: str, **more: Any) -> Json:
    return menu(options=options(*values), **more)


def boxes(count: int, kind: str = "checkboxes", **more: Any) -> Json:
    return menu(kind, options=options(*many(count)), **more)


def table(rows: int, columns: int = 1) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


IMAGE = {"type": "image", "image_url": "https://example.org/x.png", "alt_text": "x"}
MULTI = "multi_static_select"

VALID: dict[str, list[Json]] = {
    "50 blocks": [section() for _ in range(50)],
    "section of 3,000": [section(x(3000))],
    "10 fields of 1,000": [{"type": "section", "fields": [mrkdwn(x(1000))] * 10}],
    "field of 2,000": [{"type": "section", "fields": [mrkdwn(x(2000))]}],
    "header of 150": [{"type": "header", "text": plain(x(150))}],
    "10 in a context": [{"type": "context", "elements": [mrkdwn("x")] * 9 + [IMAGE]}],
    "25 actions": [actions(*(button(name) for name in many(25)))],
    "button of 75": [actions(button(text=plain(x(75)), value=x(2000), style="danger"))],
    "action_id of 255": [actions(button(x(255)))],
    "block_id of 255": [section(block_id=x(255))],
    "confirm at its limits": [
        actions(
            button(
                confirm={
                    "title": plain(x(100)),
                    "text": mrkdwn(x(300)),
                    "confirm": plain(x(30)),
                    "deny": plain(x(30)),
                    "style": "danger",
                }
            )
        )
    ],
    "100 options": [section(accessory=static(*many(100)))],
    "option at its limits": [
        section(
            accessory=menu(
                options=[
                    {"text": plain(x(75)), "value": x(150), "description": plain(x(75))},
                ]
            )
        )
    ],
    "option groups": [
        section(
            accessory=menu(
                option_groups=[{"label": plain(x(75)), "options": options("a")}],
                initial_option=option("a"),
            )
        )
    ],
    "10 checkboxes": [actions(boxes(10))],
    "5 in an overflow": [section(accessory=boxes(5, "overflow"))],
    "initial options": [section(accessory=static("a", type=MULTI, initial_options=options("a")))],
    "an external menu": [
        section(accessory=menu("multi_external_select", initial_options=options("a")))
    ],
    "menus of people": [actions(menu("users_select", initial_user="U1"))],
    "a table of 100 x 20": [table(100, 20)],
    "a table with rich text": [
        {
            "type": "table",
            "rows": [[rich(rich_section({"type": "text", "text": "x"}))]],
            "column_settings": [None, {"align": "right"}],
        }
    ],
    "an image": [IMAGE],
    "dates": [actions(menu("datepicker", initial_date="2026-11-23"))],
    "times": [actions(menu("timepicker", initial_time="23:59"))],
    "instants": [actions(menu("datetimepicker", initial_date_time=1_700_000_000))],
    "a divider": [{"type": "divider"}],
    "markdown": [{"type": "markdown", "text": "**x**"}],
    "rich text": [
        rich(
            rich_section({"type": "user", "user_id": "U1"}, {"type": "emoji", "name": "tada"}),
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [rich_section({"type": "link", "url": "https://example.org"})],
            },
        )
    ],
}

INVALID: dict[str, tuple[list[Json], str]] = {
    "51 blocks": ([section() for _ in range(51)], "no more than 50 items allowed"),
    "no type": ([{"text": mrkdwn("x")}], "missing required field: type"),
    "unknown block": ([{"type": "banner"}], "unsupported type: banner"),
    "unknown element": ([actions({"type": "slider"})], "unsupported type: slider"),
    "unknown key": ([section(color="red")], "invalid additional property: color"),
    "no object": (["x"], "missing required field: type"),  # type: ignore[list-item]
    "section of 3,001": ([section(x(3001))], "must be less than 3001 characters"),
    "empty section": ([section("")], "must be more than 0 characters"),
    "bare section": ([{"type": "section"}], "missing required field: text or fields"),
    "text that is no object": ([{"type": "section", "text": "x"}], "must be a text object"),
    "11 fields": ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10 items"),
    "field of 2,001": (
        [{"type": "section", "fields": [mrkdwn(x(2001))]}],
        "must be less than 2001 characters",
    ),
    "header of 151": ([{"type": "header", "text": plain(x(151))}], "less than 151 characters"),
    "mrkdwn in a header": ([{"type": "header", "text": mrkdwn("x")}], "of type plain_text"),
    "mrkdwn on a button": ([actions(button(text=mrkdwn("x")))], "of type plain_text"),
    "emoji in mrkdwn": (
        [{"type": "section", "text": {**mrkdwn("x"), "emoji": True}}],
        "invalid additional property: emoji",
    ),
    "11 in a context": ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "no more than 10"),
    "empty context": ([{"type": "context", "elements": []}], "no fewer than 1 items allowed"),
    "button in a context": ([{"type": "context", "elements": [button()]}], "unsupported type"),
    "26 actions": ([actions(*(button(name) for name in many(26)))], "no more than 25 items"),
    "no actions": ([actions()], "no fewer than 1 items allowed"),
    "input in actions": ([actions(text_input())], "unsupported type: plain_text_input"),
    "multi-select in actions": ([actions(static("a", type=MULTI))], f"unsupported type: {MULTI}"),
    "button of 76": ([actions(button(text=plain(x(76))))], "less than 76 characters"),
    "button value of 2,001": ([actions(button(value=x(2001)))], "less than 2001 characters"),
    "button style": ([actions(button(style="warning"))], "must be one of primary, danger"),
    "action_id of 256": ([actions(button(x(256)))], "less than 256 characters"),
    "block_id of 256": ([section(block_id=x(256))], "less than 256 characters"),
    "block_id twice": ([section(block_id="a"), section(block_id="a")], "block_id already exists"),
    "action_id twice": ([actions(button("a")), actions(button("a"))], "action_id already exists"),
    "confirm title of 101": (
        [actions(button(confirm={**CONFIRM, "title": plain(x(101))}))],
        "less than 101 characters",
    ),
    "confirm text of 301": (
        [actions(button(confirm={**CONFIRM, "text": mrkdwn(x(301))}))],
        "less than 301 characters",
    ),
    "confirm button of 31": (
        [actions(button(confirm={**CONFIRM, "deny": plain(x(31))}))],
        "less than 31 characters",
    ),
    "101 options": ([section(accessory=static(*many(101)))], "no more than 100 items allowed"),
    "no options": ([section(accessory=static())], "no fewer than 1 items allowed"),
    "neither list": ([section(accessory=menu())], "either options or option_groups"),
    "option of 76": (
        [section(accessory=menu(options=[option("a", text=plain(x(76)))]))],
        "less than 76 characters",
    ),
    "option value of 151": ([section(accessory=static(x(151)))], "less than 151 characters"),
    "description of 76": (
        [section(accessory=menu(options=[option("a", description=plain(x(76)))]))],
        "less than 76 characters",
    ),
    "mrkdwn in an option": (
        [section(accessory=menu(options=[option("a", text=mrkdwn("x"))]))],
        "of type plain_text",
    ),
    "11 checkboxes": ([actions(boxes(11))], "no more than 10 items allowed"),
    "11 radio buttons": ([actions(boxes(11, "radio_buttons"))], "no more than 10 items allowed"),
    "6 in an overflow": ([section(accessory=boxes(6, "overflow"))], "no more than 5 items"),
    "initial option that is none": (
        [section(accessory=static("a", initial_option=option("b")))],
        "must be among the options",
    ),
    "initial options that are none": (
        [section(accessory=static("a", type=MULTI, initial_options=options("a", "b")))],
        "must be among the options",
    ),
    "placeholder of 151": (
        [section(accessory=static("a", placeholder=plain(x(151))))],
        "less than 151 characters",
    ),
    "101 rows": ([table(101)], "no more than 100 items allowed"),
    "21 columns": ([table(1, 21)], "no more than 20 items allowed"),
    "two tables": ([table(1), table(1)], "no more than 1 table block allowed"),
    "image without alt text": (
        [{"type": "image", "image_url": "https://example.org"}],
        "missing required field: alt_text",
    ),
    "image without address": ([{"type": "image", "alt_text": "x"}], "image_url or slack_file"),
    "wrong date": ([actions(menu("datepicker", initial_date="tomorrow"))], "YYYY-MM-DD"),
    "wrong time": ([actions(menu("timepicker", initial_time="25:00"))], "HH:mm"),
    "number as text": ([section(accessory=static("a", focus_on_load=1))], "must be a boolean"),
    "object as list": ([{"type": "actions", "elements": {}}], "must be an array"),
    "number in a string": ([section(block_id=1)], "must be a string"),
    "list as object": ([actions(button(confirm=[]))], "must be an object"),
    "text as number": (
        [section(accessory=static("a", type=MULTI, max_selected_items="2"))],
        "must be an integer",
    ),
    "number out of range": (
        [section(accessory=static("a", type=MULTI, max_selected_items=0))],
        "must be between 1 and 100",
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_valid_blocks(name: str) -> None:
    assert [str(problem) for problem in check_message(VALID[name])] == []


@pytest.mark.parametrize("name", INVALID)
def test_invalid_blocks(name: str) -> None:
    blocks, text = INVALID[name]
    problems = [problem.text for problem in check_message(blocks)]
    assert any(text in problem for problem in problems), problems


def test_a_problem_has_a_json_pointer(web: WebClient, general: str) -> None:
    body = refusal(
        web.chat_postMessage,
        channel=general,
        text="x",
        blocks=[section(), actions(button(text=plain(x(76))))],
    )
    text = "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == [text]
    assert body["response_metadata"]["messages"] == [f"[ERROR] {text}"]


def test_the_total_text_has_a_limit(web: WebClient, general: str) -> None:
    long = [section(x(2900)) for _ in range(4)]
    assert web.chat_postMessage(channel=general, text="x", blocks=long)["ok"]
    longer = [*long, section(x(400))]
    refused = error(web.chat_postMessage, channel=general, text="x", blocks=longer)
    assert refused == "msg_blocks_too_long"


def test_containers_count_as_text(web: WebClient, general: str) -> None:
    blocks = [{"type": "section", "fields": [mrkdwn(x(230))] * 10} for _ in range(5)]
    refused = error(web.chat_postMessage, channel=general, text="x", blocks=blocks)
    assert refused == "msg_blocks_too_long"


def test_slack_sdk_checks_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SectionBlock, "text_max_length", 2)
    [problem] = check_message([section("hello")])
    assert problem.pointer == "/blocks/0"
    assert "text attribute" in problem.text


VIEWS: dict[str, tuple[Json, str]] = {
    "title of 25": (modal(title=plain(x(25))), "less than 25 characters"),
    "no title": ({"type": "modal", "blocks": [section()]}, "missing required field: title"),
    "submit of 25": (modal(submit=plain(x(25))), "less than 25 characters"),
    "close of 25": (modal(close=plain(x(25))), "less than 25 characters"),
    "private_metadata of 3,001": (modal(private_metadata=x(3001)), "less than 3001 characters"),
    "callback_id of 256": (modal(callback_id=x(256)), "less than 256 characters"),
    "101 blocks": (modal(*(section() for _ in range(101))), "no more than 100 items allowed"),
    "no blocks": ({**modal(), "blocks": []}, "no fewer than 1 items allowed"),
    "a home": ({"type": "home", "blocks": [section()]}, "must be one of modal"),
    "a table": (modal(table(1)), "unsupported type: table"),
    "input without submit": (
        {"type": "modal", "title": plain("x"), "blocks": [field(text_input())]},
        "missing required field: submit",
    ),
    "two in focus": (
        modal(
            field(text_input("a", focus_on_load=True), "a"),
            field(text_input("b", focus_on_load=True), "b"),
        ),
        "focus_on_load",
    ),
    "text too long to type": (modal(field(text_input(max_length=3001))), "between 1 and 3000"),
    "button as input": (modal(field(button())), "unsupported type: button"),
    "the same input twice": (
        modal(field(text_input(), "a"), field(text_input(), "b")),
        "action_id already exists: name",
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_invalid_views(name: str) -> None:
    view, text = VIEWS[name]
    problems = [problem.text for problem in check_view(view, kind="modal")]
    assert any(text in problem for problem in problems), problems


def test_a_view_at_its_limits() -> None:
    view = modal(
        *(section() for _ in range(98)),
        field(text_input(max_length=3000, multiline=True)),
        field({"type": "number_input", "action_id": "n", "is_decimal_allowed": False}, "n"),
        title=plain(x(24)),
        submit=plain(x(24)),
        close=plain(x(24)),
        private_metadata=x(3000),
        callback_id=x(255),
    )
    assert check_view(view, kind="modal") == []


def test_a_home_has_no_title() -> None:
    home = {"type": "home", "blocks": [section()]}
    assert check_view(home, kind="home") == []
    [problem] = check_view({**home, "title": plain("x")}, kind="home")
    assert problem.text == "invalid additional property: title"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"options": options(*many(101))}, "no more than 100 items"),
        ({"options": [option(x(151))]}, "less than 151 characters"),
        ({}, "either options or option_groups"),
        ([], "either options or option_groups"),
        ({"options": options("a"), "text": "x"}, "invalid additional property: text"),
    ],
)
def test_invalid_suggestions(answer: Any, text: str) -> None:
    problems = [problem.text for problem in check_suggestions(answer)]
    assert any(text in problem for problem in problems), problems


def test_valid_suggestions() -> None:
    groups = [{"label": plain("g"), "options": options(*many(100))}]
    assert check_suggestions({"options": []}) == []
    assert check_suggestions({"options": options(*many(100))}) == []
    assert check_suggestions({"option_groups": groups}) == []


def test_ids_are_filled_in(slack: Workspace, web: WebClient, general: str) -> None:
    bare = {"type": "button", "text": plain("x")}
    blocks = [section(accessory=bare), actions(bare)]
    posted = web.chat_postMessage(channel=general, text="x", blocks=blocks)
    first, second = posted["message"]["blocks"]
    ids = [first["block_id"], second["block_id"], first["accessory"]["action_id"]]
    assert len({*ids, second["elements"][0]["action_id"]}) == 4
    assert slack.remote.warnings() == []
