"""Blocks stay within Slack's limits for any text."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.slack.messages.block_kit import (
    MOST_IN_SECTION,
    and_more,
    as_json,
    button,
    context,
    header,
    loading_view,
    option,
    section,
    sections,
)
from tests.core.test_properties import tries
from tests.slack.messages.plan_views import checked_view, read

LINES = st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=30)


@given(text=st.text(min_size=1).filter(str.strip))
@example("x" * 5000)
@tries(50)
def test_long_names_are_cut(text: str) -> None:
    assert len(header(text).to_dict()["text"]["text"]) <= 150
    assert len(button(text, "stop_plan", text[:2000]).to_dict()["text"]["text"]) <= 75
    assert len(option(text, "=1").to_dict()["text"]["text"]) <= 75


@given(LINES)
@tries(50)
def test_only_whole_lines_are_shown(lines: list[str]) -> None:
    (shown, small_print) = as_json([section(*lines), context(*lines)])
    text = shown["text"]["text"]
    assert small_print["elements"] == [shown["text"]]
    assert len(text) <= MOST_IN_SECTION
    assert "\n".join(lines).startswith(text)


def test_a_list_takes_as_many_sections_as_it_needs() -> None:
    lines = [str(number) for number in range(11)]
    assert [read([each]) for each in as_json(sections(lines))] == [
        "0\n1\n2\n3\n4",
        "5\n6\n7\n8\n9",
        "10",
    ]


def test_omitted_lines_are_counted() -> None:
    assert and_more(0) == []
    assert and_more(1234) == ["… and 1,234 more"]


def test_loading() -> None:
    assert "Loading" in read(checked_view(loading_view())["blocks"])
