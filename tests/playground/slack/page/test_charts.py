"""Charts in the page: their shapes, their HTML, and their looks in a browser."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect
from slack_sdk import WebClient

from bot.playground.slack import SimulatedUser, Workspace
from bot.playground.slack.blocks import check_message
from bot.playground.slack.page.chart_axes import category_axes, short_number, value_axis
from bot.playground.slack.page.charts import DrawnChart, drawn_chart
from tests.browser import NARROW, WIDE, Look, Open
from tests.core.test_properties import tries

from ..helpers import Json, http_get

MONTHS = ["Jan", "Feb", "Mar"]
WEEKS = [f"week {number}" for number in range(1, 13)]
NAMES = [f"team/service-{number}-cache"[:20] for number in range(10, 30)]


def chart(
    kind: str, categories: Sequence[str], rows: dict[str, Sequence[float]], **axes: Any
) -> Json:
    series = [
        {
            "name": name,
            "data": [
                {"label": category, "value": value}
                for category, value in zip(categories, row, strict=True)
            ],
        }
        for name, row in rows.items()
    ]
    return _block(
        {"type": kind, "series": series, "axis_config": {"categories": [*categories]} | axes}
    )


def pie(**segments: float) -> Json:
    parts = [{"label": label, "value": value} for label, value in segments.items()]
    return _block({"type": "pie", "segments": parts})


def _block(made: Json) -> Json:
    block = {"type": "data_visualization", "title": "Stored GB", "chart": made}
    assert check_message([block]) == []
    return block


def drawn(kind: str, **rows: Sequence[float]) -> DrawnChart:
    return drawn_chart(chart(kind, MONTHS, rows))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 0], ["0", "1"]),
        ([3, 9.5], ["0", "2.5", "5", "7.5", "10"]),
        ([0.1, 0.3], ["0", "0.1", "0.2", "0.3"]),
        ([1640, 3260], ["0", "1,000", "2,000", "3,000", "4,000"]),
        ([4e6], ["0", "1M", "2M", "3M", "4M"]),
        ([-2, 5], ["-2", "0", "2", "4", "6"]),
        ([-7], ["-8", "-6", "-4", "-2", "0"]),
        ([1e300], ["0", "2.5e299", "5e299", "7.5e299", "1e300"]),
        ([5e-324], ["0", "1"]),
    ],
)
def test_few_ticks_that_are_easy_to_read(values: list[float], ticks: list[str]) -> None:
    assert [tick.text for tick in value_axis(values).ticks] == ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.004, "0.004"),
        (9999, "9,999"),
        (12_500, "12.5K"),
        (1e12, "1T"),
        (1e15, "1e15"),
        (1e-5, "1e-05"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short_number(value) == text


def test_a_line() -> None:
    (series,) = drawn("line", stored=(0, 5, 10)).series
    assert series.line == "M16.67 100.00L50.00 50.00L83.33 0.00"
    assert series.area == ""
    assert [point.text for point in series.points][1] == "Feb · stored: 5"


def test_areas_lie_on_top_of_each_other() -> None:
    back, front = drawn("area", stored=(10, 10, 10), used=(5, 5, 5)).series
    assert back.area == "M16.67 0.00L50.00 0.00L83.33 0.00L83.33 100.00L16.67 100.00Z"
    assert front.line == "M16.67 50.00L50.00 50.00L83.33 50.00"


def test_bars_are_side_by_side() -> None:
    first, second = drawn("bar", a=(10, 0, -10), b=(0.001, 5, 5)).series
    assert [(bar.y, bar.height) for bar in first.bars] == [(0, 50), (50, 0), (50, 50)]
    assert second.bars[0].height == 0.6
    assert [bar.x for bar in second.bars] == [bar.x + bar.width for bar in first.bars]


def test_labels_are_in_the_order_of_the_categories() -> None:
    block = chart("line", MONTHS, {"stored": (0, 5, 10)})
    block["chart"]["series"][0]["data"].reverse()
    assert drawn_chart(block).series[0].line == "M16.67 100.00L50.00 50.00L83.33 0.00"


def test_a_pie() -> None:
    half, quarter, _ = drawn_chart(pie(a=2, b=1, c=1)).segments
    assert (half.text, quarter.share) == ("a: 2 (50%)", "25%")
    assert half.path == "M0 0L0.0000 -1.0000A1 1 0 0 1 0.0000 1.0000Z"
    tiny = drawn_chart(pie(a=1000, b=1)).segments[1]
    assert tiny.share == "under 1%"
    assert drawn_chart(pie(all=5e-324)).segments[0].path == ""


def test_the_description_tells_the_same() -> None:
    assert drawn("line", stored=(1, 5, 10.5), used=(0, 1, 2)).description == (
        "Line chart: Stored GB. stored: 1 in Jan, 10.5 in Mar. used: 0 in Jan, 2 in Mar."
    )
    assert drawn_chart(pie(a=3, b=1)).description == "Pie chart: Stored GB. a: 75%. b: 25%."


@pytest.mark.parametrize("number", [1, 6, 20])
def test_bars_keep_their_labels(number: int) -> None:
    """Narrow screens have no room for twenty."""
    *_, wide = category_axes(NAMES[:number], needs_all=True)
    assert [label.text for label in wide.labels] == NAMES[:number]
    assert (wide.angle != 0) == (number > 1)


def test_other_charts_leave_labels_out() -> None:
    narrow, medium, wide = category_axes(WEEKS, needs_all=False)
    assert [label.text for label in narrow.labels] == ["week 4", "week 8", "week 12"]
    assert len(narrow.labels) < len(medium.labels) <= len(wide.labels)
    assert narrow.angle == wide.angle == 0


def test_long_labels_stay_inside() -> None:
    *_, wide = category_axes(NAMES, needs_all=False)
    assert wide.labels[-1].x * 550 / 100 + 20 * 7 / 2 <= 550 + 18


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**62), 2**62)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6))
@tries(100)
def test_any_numbers_stay_in_the_plot(rows: list[tuple[float, ...]]) -> None:
    named = {f"series {number}": row for number, row in enumerate(rows)}
    points = [point for each in drawn("line", **named).series for point in each.points]
    bars = [bar for each in drawn("bar", **named).series for bar in each.bars]
    assert all(0 <= point.y <= 100 for point in points)
    assert all(-0.7 <= bar.y <= bar.y + bar.height <= 100.7 for bar in bars)


def test_the_html(slack: Workspace, web: WebClient, ann: SimulatedUser, general: str) -> None:
    block = chart("area", ["<Jan>"], {"<b>": [3], "in use": [1]}, x_label="Month", y_label="GB")
    web.chat_postMessage(channel=general, text="x", blocks=[block, pie(snapshots=1)])
    html = http_get(f"{slack.url}/c/{general}?as={ann.id}").text
    assert html.count('role="img"') == 2
    assert "Area chart: Stored GB. &lt;b&gt;: 3 in &lt;Jan&gt;" in html
    assert "<title>&lt;Jan&gt; · in use: 1</title>" in html
    assert re.findall(r'<p class="[xy]-title" aria-hidden="true">(\w+)</p>', html) == [
        "GB",
        "Month",
    ]
    assert "<b>" not in html
    assert "style=" not in html


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_charts_fit_the_screen(
    slack: Workspace,
    web: WebClient,
    open_window: Open,
    ann: SimulatedUser,
    general: str,
    look: Look,
    size: tuple[int, int],
) -> None:
    stored = chart("area", WEEKS, {"stored": range(20, 32), "in use": range(12)}, y_label="GB")
    savings = chart("bar", NAMES[:6], {"USD a year": [1840, 960, 910, 420, 88, 3]})
    ts = web.chat_postMessage(channel=general, text="x", blocks=[stored, savings])["ts"]
    window = open_window(f"{slack.url}/c/{general}?as={ann.id}", size)
    expect(window.get_by_role("img", name="Area chart: Stored GB.")).to_be_visible()
    assert window.locator(".categories:visible").count() == 2
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        look(window, f"{'wide' if size == WIDE else 'narrow'}-charts-{scheme}")

    web.chat_update(channel=general, ts=ts, text="x", blocks=[pie(snapshots=3, untagged=1)])
    expect(window.get_by_role("img", name="Pie chart: Stored GB. snapshots: 75%")).to_be_visible()
    expect(window.locator(".plot")).to_have_count(0)
    web.chat_update(channel=general, ts=ts, text="x", blocks=[stored])
    expect(window.get_by_role("img", name="Area chart: Stored GB.")).to_be_visible()
