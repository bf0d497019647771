"""Messages as plain text in a terminal."""

from typing import Any

import pytest

from bot.playground.plain_text import WIDTH, WIDTH_OF_A_COLUMN, PlainTextRenderer

Json = dict[str, Any]

WORKSPACE: Json = {
    "users": [{"id": "U0000000001", "name": "mia"}],
    "channels": [{"id": "C0000000001", "name": "platform"}],
    "user_groups": [{"id": "S0000000001", "handle": "approvers"}],
}


@pytest.fixture
def renderer() -> PlainTextRenderer:
    return PlainTextRenderer(WORKSPACE)


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": "a"}


@pytest.mark.parametrize(
    ("mrkdwn", "plain"),
    [
        ("*Saves $3* a month, _about_", "Saves $3 a month, about"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("by <@U0000000001> in <#C0000000001>", "by @mia in #platform"),
        ("<!subteam^S0000000001> may", "@approvers may"),
        ("until <!date^1700000000^{date_short_pretty}|Nov 14>.", "until Nov 14."),
        (
            "<https://example.com/a|the page>, <https://example.com>",
            "the page, https://example.com",
        ),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        (":warning: at 10:30:00", "⚠ at 10:30:00"),
        (":unheard_of:", ":unheard_of:"),
        ("<@U0000000009>", "U0000000009"),
        ("`shop/api`", "`shop/api`"),
        ("*5 newest* `*SNAPSHOT*`, `a` _b_", "5 newest `*SNAPSHOT*`, `a` b"),
    ],
)
def test_a_line(renderer: PlainTextRenderer, mrkdwn: str, plain: str) -> None:
    assert renderer.line(mrkdwn) == plain


def test_a_message(renderer: PlainTextRenderer) -> None:
    message: Json = {
        "text": "shop/api",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "shop/api"}},
            section("*Saves $3*\n• `1.0`", accessory=button("Pin")),
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "by <@U0000000001>"}]},
            {"type": "actions", "elements": [button("Approve"), button("Stop")]},
        ],
    }
    assert renderer.lines(message) == [
        *("", "shop/api"),
        *("", "Saves $3", "• `1.0`", "  [Pin]"),
        *("", "─" * 20),
        *("", "by @mia"),
        *("", "[Approve]  [Stop]"),
    ]
    assert renderer.text(message["blocks"]) == "shop/api Saves $3 • `1.0`"


def test_fields_and_menus(renderer: PlainTextRenderer) -> None:
    menu = {"type": "static_select", "placeholder": {"type": "plain_text", "text": "For how long"}}
    fields = [{"type": "mrkdwn", "text": "*Freed*"}, {"type": "mrkdwn", "text": "1 GB"}]
    blocks = [{"type": "section", "fields": fields}, {"type": "actions", "elements": [menu]}]
    assert renderer.lines({"blocks": blocks}) == ["", "Freed", "1 GB", "", "[For how long]"]


def test_a_chart(renderer: PlainTextRenderer) -> None:
    chart = {"type": "data_visualization", "title": "Stored GB", "chart": {"type": "line"}}
    assert renderer.lines({"blocks": [chart]}) == ["", "[line chart: Stored GB]"]


def test_a_data_table(renderer: PlainTextRenderer) -> None:
    def row(name: str, kind: str, number: str) -> list[Json]:
        return [{"type": "raw_text", "text": name}, {"type": kind, "text": number, "value": 1}]

    rows = [
        row("Repository", "raw_text", "Frees"),
        row("shop/api", "raw_number", "12 GB"),
        row("x" * 100, "raw_number", "3 GB"),
    ]
    table = {"type": "data_table", "caption": "2 repositories", "rows": rows}
    assert renderer.lines({"blocks": [table]}) == [
        "",
        "2 repositories",
        f"{'Repository':<{WIDTH_OF_A_COLUMN}}  Frees",
        f"{'shop/api':<{WIDTH_OF_A_COLUMN}}  12 GB",
        f"{'x' * WIDTH_OF_A_COLUMN}   3 GB",
    ]


def test_a_message_without_blocks(renderer: PlainTextRenderer) -> None:
    assert renderer.lines({"text": "Hello <@U0000000001>"}) == ["", "Hello @mia"]


def test_long_lines(renderer: PlainTextRenderer) -> None:
    lines = renderer.lines({"text": "• " + "word " * 100 + "x" * 200})
    assert all(len(line) <= WIDTH for line in lines[:-1])
    assert all(line.startswith("  ") for line in lines[2:])
    assert renderer.paragraph("1 s  ", "word " * 30).splitlines()[1].startswith("     word")


def test_an_unsupported_block_type(renderer: PlainTextRenderer) -> None:
    with pytest.raises(ValueError, match="block type video is not supported"):
        renderer.lines({"blocks": [{"type": "video"}]})
