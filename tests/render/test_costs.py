"""Costs as sentences, tables, JSON and CSV."""

# ruff: noqa: E501 - sentences in one piece

from dataclasses import replace
from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from bot.core.detailed_cost import DetailedCost, summarize
from bot.core.prices import GbPrice, PriceSource
from bot.core.storage_breakdown import KindStorage, StorageBreakdown, StorageKind
from bot.core.storage_history import WEEK, RunFreed
from bot.render.cost_details import costs_as_text
from bot.render.cost_json import cost_as_line
from bot.render.cost_sentences import headline_words
from bot.render.costs import COST_COLUMNS
from tests.render.builders import GB
from tests.render.costs import GROWING, breakdown, day, detailed
from tests.support import NOW

FREED = [RunFreed("p1", NOW - 2 * WEEK, 7 * GB), RunFreed("p2", NOW - WEEK, 3 * GB)]
ONE = detailed(runs=FREED, breakdown=breakdown(), tried_freeable=150)
SEVERAL = [
    detailed(tried_freeable=150),
    detailed("team/web", [day(0, 3, in_use=1, freeable=2)], region="us-east-1", tried_freeable=1),
    detailed("team/empty", [day(0, 0, in_use=0, freeable=0)], tried_freeable=0),
]


def printed(*costs: DetailedCost, width: int = 80) -> str:
    console = Console(width=width, file=StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(costs_as_text(costs, NOW))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def text(*costs: DetailedCost) -> str:
    """In one line."""
    return " ".join(printed(*costs).split())


@pytest.mark.parametrize(("name", "costs"), [("one", [ONE]), ("several", SEVERAL)])
def test_in_a_terminal(name: str, costs: list[DetailedCost]) -> None:
    """If it should look otherwise, write what it prints into the file."""
    expected = (Path(__file__).parent / f"costs_of_{name}.txt").read_text()
    assert printed(*costs) == expected


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    long = detailed(
        "platform/" + "payments-gateway-" * 6, tried_freeable=150, breakdown=breakdown()
    )
    for costs in ([long], [long, *SEVERAL]):
        assert max(map(len, printed(*costs, width=width).splitlines())) <= width


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        (
            [detailed()],
            "team/api stores 220 GB, $264 a year. Cleanup could free 100 GB ($120 a year). It grows "
            "by 43.5 GB a month: the next 12 months cost ",
        ),
        (
            [detailed(days=[day(0, None)])],
            "The size of team/api is unknown: some images could not be read.",
        ),
        ([detailed(days=[day(0, 0, in_use=0, freeable=0)])], "team/api is empty."),
        (
            [detailed(days=[day(0, 5)])],
            "team/api stores 5 GB, $6.00 a year. What cleanup could free is unknown. Its growth is "
            "unknown: less than 4 weeks of the past are known.",
        ),
        (
            [detailed(days=[*GROWING[:-1], day(0, 220)])],
            "What cleanup could free is unknown. It grows by 43.5 GB a month: the next 12 months "
            "cost $552 without cleanup.",
        ),
        (
            [detailed(days=[day(weeks, 5, in_use=0, freeable=0) for weeks in range(12, -1, -1)])],
            "Cleanup would free nothing now. It does not grow: the next 12 months cost $6.00 "
            "without cleanup, $6.00 with today's policy.",
        ),
        (
            [detailed("a", [day(0, 5, in_use=1, freeable=2)]), detailed("b", [day(0, None)])],
            "2 repositories store 5 GB, $6.00 a year. Cleanup could free 2 GB ($2.40 a year). Their "
            "growth is unknown: less than 4 weeks of the past are known. Not counted, "
            "since unknown in some repositories: size (1), possible savings (1).",
        ),
        (
            [detailed(), detailed("b", [day(0, 5, in_use=1, freeable=2)])],
            "$173 with today's policy. Not counted, since unknown in some repositories: growth (1).",
        ),
        ([detailed(tried_freeable=150)], "with today's policy, "),
    ],
)
def test_the_headline(costs: list[DetailedCost], expected: str) -> None:
    assert expected in headline_words(summarize(costs))


def test_unknown_is_said_as_unknown() -> None:
    archived = KindStorage(StorageKind.ARCHIVED, 1, 1, None)
    cost = detailed(days=[day(0, None)], breakdown=StorageBreakdown([archived], 0, []))
    assert "archived images 1 1 unknown" in text(cost)
    assert "without cleanup unknown unknown" in text(cost)
    assert "0 bytes" not in text(cost)
    assert "unknown unknown unknown" in text(cost, detailed())


def test_an_unknown_tried_policy() -> None:
    tried = replace(ONE.tried, deletions=None, freed_bytes=None) if ONE.tried else None
    assert "What the tried policy would delete is unknown." in text(replace(ONE, tried=tried))


def test_many_repositories_are_listed_by_size_up_to_a_limit() -> None:
    costs = [
        detailed(f"team/{size}", [day(0, size, in_use=0, freeable=0)]) for size in range(1, 20)
    ]
    words = text(*costs)
    assert "team/19 19 GB" in words
    assert "team/1 " not in words
    assert "… and 4 more: --format csv lists all" in words


def test_json_has_every_part() -> None:
    found = orjson.loads(b"".join(cost_as_line(ONE)))
    assert found["stored_bytes"] == 220 * GB
    assert (found["in_use_bytes"], found["kept_bytes"]) == (40 * GB, 80 * GB)
    assert found["freeable_bytes"] == 100 * GB
    assert found["usd_per_month"] == pytest.approx(22)
    assert found["saving_usd_per_month"] == pytest.approx(10)
    assert found["price"] == {"usd_per_gb_month": 0.1, "source": "settings", "read_at": None}
    assert found["growth"]["expected"] == 10 * GB
    assert [each["measured"] for each in found["history"]] == [False] * 9 + [True] * 4
    assert set(found["projections"]) == {"no_cleanup", "policy", "tried"}
    assert [each["month"] for each in found["projections"]["policy"]["months"]] == [*range(1, 13)]
    assert found["tried"] == {"keep": ["{newest: 3}"], "deletions": 12, "freed_bytes": 150 * GB}
    assert [each["freed_bytes"] for each in found["freed"]] == [7 * GB, 3 * GB]
    assert sum(each["stored_bytes"] for each in found["kinds"]) == 5 * GB
    assert found["largest_layers"][0]["state"] == "freeable"


def test_json_of_what_is_unknown_is_null() -> None:
    found = orjson.loads(b"".join(cost_as_line(detailed(days=[day(0, None)]))))
    for key in (
        "stored_bytes",
        "in_use_bytes",
        "freeable_bytes",
        "usd_per_month",
        "growth",
        "tried",
    ):
        assert found[key] is None, key
    assert found["projections"] == {"no_cleanup": None, "policy": None, "tried": None}


def test_csv_is_flat() -> None:
    read = GbPrice(0.11, PriceSource.PRICE_LIST, NOW)
    row = dict(zip(COST_COLUMNS.header, COST_COLUMNS.as_row(detailed(price=read)), strict=True))
    assert row["stored_bytes"] == 220 * GB
    assert (row["price_source"], row["price_read_at"]) == ("price_list", "2026-11-23T12:00:00Z")
    assert row["tried_usd_of_year"] is None
    assert all(isinstance(value, str | int | float | None) for value in row.values())
