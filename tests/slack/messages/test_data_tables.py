"""Data tables stay within Slack's limits for any names and numbers."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.slack.blocks import check_message
from bot.slack.api import Json
from bot.slack.messages.block_kit import message, section
from bot.slack.messages.data_tables import (
    FITTING_CHARACTERS,
    MOST_FITTING_ROWS,
    MOST_IN_NAME,
    Cell,
    DataTable,
    NumberCell,
    TableRow,
    fitting_rows,
)
from tests.core.test_properties import tries
from tests.slack.messages.plan_views import checked, read

COLUMNS = ("Repository", "Frees")
LONG = [f"team/{'x' * 240}/service-{number}" for number in range(200)]


def rows(number: int, *more: Cell) -> tuple[TableRow, ...]:
    return tuple(TableRow(f"shop/api-{each}", ("1 GB", *more)) for each in range(number))


def table(*lines: TableRow, **facts: Any) -> DataTable:
    return DataTable(**{"caption": "Repositories", "columns": COLUMNS, "rows": lines, **facts})


def block(made: DataTable) -> Json:
    """The block, as Slack accepts it."""
    (found,) = checked(message("Frees 3 GB", made)).blocks
    return found


def names(lines: Sequence[TableRow]) -> list[str]:
    return [line.name for line in lines]


def test_the_block() -> None:
    made = table(TableRow("shop/api", (NumberCell(2.5, "2.5 GB"),)), page_size=5)
    assert block(made) == {
        "type": "data_table",
        "caption": "Repositories",
        "rows": [
            [
                {"type": "raw_text", "text": "Repository"},
                {"type": "raw_text", "text": "Frees"},
            ],
            [
                {"type": "raw_text", "text": "shop/api"},
                {"type": "raw_number", "value": 2.5, "text": "2.5 GB"},
            ],
        ],
        "page_size": 5,
    }


@pytest.mark.parametrize("number", [1, 100, 101, 200])
def test_the_number_of_rows(number: int) -> None:
    assert len(block(table(*rows(number)))["rows"]) == number + 1


@pytest.mark.parametrize("number", [0, 201])
def test_wrong_numbers_of_rows(number: int) -> None:
    wanted = f"a table has 1 to 200 rows below its header, not {number}"
    with pytest.raises(ValueError, match=wanted):
        table(*rows(number))


def test_the_number_of_columns() -> None:
    twenty = tuple(map(str, range(20)))
    made = table(*rows(2, *twenty[2:]), columns=twenty)
    assert [cell["text"] for cell in block(made)["rows"][0]] == list(twenty)
    with pytest.raises(ValueError, match="a table has 1 to 20 columns, not 21"):
        table(*rows(2, *twenty[1:]), columns=(*twenty, "20"))
    with pytest.raises(ValueError, match="a table has 1 to 20 columns, not 0"):
        table(*rows(2), columns=())


@pytest.mark.parametrize("size", [0, 101])
def test_the_size_of_a_page(size: int) -> None:
    assert block(table(*rows(1), page_size=100))["page_size"] == 100
    with pytest.raises(ValueError, match=f"a table has 1 to 100 rows on a page, not {size}"):
        table(*rows(1), page_size=size)


def test_each_column_needs_a_cell() -> None:
    with pytest.raises(ValueError, match="the row 'shop/api-0' needs one cell for each column"):
        table(*rows(1, "more"))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="the row 'a' has a number that is not finite"):
        table(TableRow("a", (NumberCell(value, "?"),)))


@pytest.mark.parametrize(
    "facts", [{"caption": " "}, {"columns": ("a", "")}, {"rows": (TableRow(" ", ("x",)),)}]
)
def test_empty_texts(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is empty"):
        table(**{"rows": rows(1), **facts})


def test_blank_cells() -> None:
    _, row = block(table(TableRow("a", ("",))))["rows"]
    assert row[1] == {"type": "raw_text", "text": " "}


def test_a_table_with_too_many_characters() -> None:
    header = len("RepositoryFrees")
    most = table(TableRow("a", ("x" * (10_000 - header - 1),)))
    assert check_message([most.to_dict()]) == []
    with pytest.raises(ValueError, match="a table has at most 10,000 characters, not 10,001"):
        table(TableRow("a", ("x" * (10_000 - header),)))


@pytest.mark.parametrize("number", [1, 100])
def test_rows_that_fit(number: int) -> None:
    assert fitting_rows(COLUMNS, rows(number)) == rows(number)


def test_at_most_100_rows() -> None:
    assert fitting_rows(COLUMNS, rows(101)) == rows(MOST_FITTING_ROWS)


def test_rows_that_fit_into_a_number_of_characters() -> None:
    header, row = len("RepositoryFrees"), len("shop/api-01 GB")
    assert len(fitting_rows(COLUMNS, rows(9), header + 3 * row)) == 3
    assert len(fitting_rows(COLUMNS, rows(9), header + 3 * row - 1)) == 2
    assert fitting_rows(COLUMNS, rows(9), 0) == ()


def test_long_names_are_cut_in_the_middle_and_stay_distinct() -> None:
    alike = ["a" * 120 + str(number) + "b" * 135 for number in range(3)]
    fitting = fitting_rows(COLUMNS, [TableRow(name, ("1 GB",)) for name in [*alike, LONG[0]]])
    assert names(fitting) == [
        "a" * 43 + "…" + "b" * 16,
        "a" * 41 + "…" + "b" * 16 + " 2",
        "a" * 41 + "…" + "b" * 16 + " 3",
        "team/" + "x" * 38 + "…" + "xxxxxx/service-0",
    ]


def test_a_message_with_the_longest_names() -> None:
    fitting = fitting_rows(COLUMNS, [TableRow(name, ("1 GB" * 10,)) for name in LONG])
    cells = [cell["text"] for row in block(table(*fitting))["rows"] for cell in row]
    assert FITTING_CHARACTERS - 100 < sum(map(len, cells)) <= FITTING_CHARACTERS
    assert checked(message("x", section("y" * 1900), table(*fitting)))


@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=120))
@tries(50)
def test_any_names(given_names: list[str]) -> None:
    fitting = fitting_rows(COLUMNS, [TableRow(name, ("1 GB",)) for name in given_names])
    assert block(table(*fitting))
    assert len(set(names(fitting))) == len(fitting)
    assert all(len(name) <= MOST_IN_NAME for name in names(fitting))


def test_a_message_has_at_most_one_table() -> None:
    made = table(*rows(1))
    content = checked(message("Frees 1 GB", section("1 GB"), made))
    assert read(content.blocks) == (
        "1 GB\n[table: Repositories]\nRepository | Frees\nshop/api-0 | 1 GB"
    )
    with pytest.raises(ValueError, match="a message has at most 1 data table"):
        message("Frees 1 GB", made, made)
