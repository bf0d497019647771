"""Columns in JSON, CSV and tables, and escapes in CSV."""

import io
from typing import NamedTuple

import orjson
from rich.console import Console

from bot.render.output import Column, Columns, TableColumn, write_rows
from bot.render.terminal import NUMBER, Heading
from tests.support import NOW


class Ship(NamedTuple):
    name: str
    flags: tuple[str, ...] = ()
    is_afloat: bool = True
    crew: int | None = None


COLUMNS: Columns[Ship, Ship] = Columns(
    Column(
        "name",
        lambda ship: ship.name,
        table=TableColumn(Heading("ship"), lambda ship, _: ship.name),
    ),
    Column("flags", lambda ship: ship.flags),
    Column("length", None, lambda ship: len(ship.name)),
    Column("is_afloat", lambda ship: ship.is_afloat, lambda ship: f"{ship.is_afloat}!"),
    Column("has_crew", lambda ship: bool(ship.crew)),
    Column(
        "crew",
        lambda ship: ship.crew,
        table=TableColumn(Heading("crew", NUMBER), lambda ship, now: f"{ship.crew} in {now.year}"),
    ),
    json_first=("crew", "name"),
    table_first=("crew",),
)
ARGO = Ship("Argo", ("red", "blue"), crew=50)
WRECK = Ship("=Wreck", is_afloat=False)


def test_csv_rows_have_all_columns_in_order() -> None:
    assert COLUMNS.header == ("name", "flags", "length", "is_afloat", "has_crew", "crew")
    assert list(COLUMNS.as_rows(ARGO)) == [("Argo", "red blue", 4, "True!", "yes", 50)]
    assert COLUMNS.as_row(WRECK) == ("=Wreck", "", 6, "False!", "no", None)


def test_json_starts_with_the_first_keys() -> None:
    (line,) = COLUMNS.as_line(ARGO)
    assert line.endswith(b"}\n")
    assert list(orjson.loads(line).items()) == [
        ("crew", 50),
        ("name", "Argo"),
        ("flags", ["red", "blue"]),
        ("is_afloat", True),
        ("has_crew", True),
    ]


def test_the_table_has_only_columns_with_a_heading() -> None:
    console = Console(width=40, file=io.StringIO())
    console.print(COLUMNS.as_table([ARGO, Ship("[bold]")], NOW))
    assert isinstance(console.file, io.StringIO)
    assert [line.split() for line in console.file.getvalue().splitlines()] == [
        ["crew", "ship"],
        ["50", "in", "2026", "Argo"],
        ["None", "in", "2026", "[bold]"],
    ]


def test_csv_cells_are_not_formulas() -> None:
    text = io.StringIO()
    row = ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\uff1d1", "a=1", "a\r=1", -1, None, "", 1.5]
    write_rows([row], text)
    assert text.getvalue() == "'=1,'+1,'-1,'@a,\\t=1,\\r=1,'\uff1d1,a=1,a\\r=1,-1,,,1.5\n"
