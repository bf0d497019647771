"""Messages for workspaces that refuse charts or data tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.api import CHART, DATA_TABLE, Json, MessageContent
from bot.slack.messages.block_kit import message, section
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart
from bot.slack.messages.data_tables import DataTable, NumberCell, TableRow, fitting_rows
from bot.slack.messages.plain_blocks import without_kind
from tests.core.test_properties import tries
from tests.slack.messages.plan_views import checked, read

CHARTED = SeriesChart(
    kind=ChartKind.LINE, title="Stored", categories=("Jan",), series=(ChartSeries("in use", (1,)),)
)
COLUMNS = ("Repository", "delete", "frees", "⚠️", "state")


def row(name: str, warnings: str = "", state: str = "waits for approval") -> TableRow:
    return TableRow(name, (NumberCell(12, "12"), NumberCell(3e9, "2.8 GB"), warnings, state))


def table(*rows: TableRow, **facts: Any) -> DataTable:
    return DataTable(caption="Repositories", columns=COLUMNS, rows=rows, **facts)


def plain(*blocks: Any, kind: str = DATA_TABLE) -> list[Json]:
    """The message without this kind, as Slack accepts it."""
    content = message("Frees 3 GB", *blocks)
    return list(checked(MessageContent("x", without_kind(content.blocks, kind))).blocks)


def test_a_table_becomes_sections_in_its_place() -> None:
    found = plain(
        section("before"), table(row("shop/api"), row("shop/cart", "2")), section("after")
    )
    assert read(found) == (
        "before\n"
        "*Repositories*\n"
        "`shop/api` · delete 12 · frees 2.8 GB · state waits for approval\n"
        "`shop/cart` · delete 12 · frees 2.8 GB · ⚠️ 2 · state waits for approval\n"
        "after"
    )


def test_a_chart_is_left_out() -> None:
    blocks = (section("before"), CHARTED, table(row("shop/api")))
    assert [each["type"] for each in plain(*blocks, kind=CHART)] == ["section", "data_table"]
    assert [each["type"] for each in plain(*blocks)] == ["section", CHART, "section"]


def test_names_are_no_markup() -> None:
    found = read(plain(table(row("<!channel>`", state="*bold* <@U1> & more"))))
    assert "`&lt;!channel&gt;\N{MODIFIER LETTER GRAVE ACCENT}`" in found
    star = "\N{ASTERISK OPERATOR}"
    assert f"state {star}bold{star} &lt;@U1&gt; &amp; more" in found


@pytest.mark.parametrize("others", [0, 47, 48, 49])
def test_as_many_rows_as_fit(others: int) -> None:
    """At most 50 blocks, 3,000 characters a section, and 9,000 a message."""
    rows = fitting_rows(COLUMNS, [row(f"{'x' * 200}{number}", "1") for number in range(100)])
    found = plain(*[section("x")] * others, table(*rows))
    lines = read(found).splitlines()[others:]
    shown = len(lines) - 2
    assert lines[-1] == f"… and {len(rows) - shown} more"
    assert len(found) <= 50
    assert shown == {0: 72, 47: 69, 48: 46, 49: 23}[others]


def test_a_message_without_room() -> None:
    full = [section("x" * 2999)] * 3
    assert plain(*full, table(row("shop/api"))) == plain(*full)
    assert len(plain(*[section("x")] * 50)) == 50


@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=100))
@tries(25)
def test_any_names(names: list[str]) -> None:
    rows = fitting_rows(COLUMNS, [row(name, warnings=name, state=name[:9]) for name in names])
    if rows:
        assert plain(section("x" * 1500), table(*rows))
