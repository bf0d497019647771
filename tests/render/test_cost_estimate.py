"""The sentences of the cost calculator, and its table in docs/cost.md."""

from pathlib import Path

import pytest

from bot.core.cost_estimate import CostEstimate, estimate_cost
from bot.core.estimate_inputs import EstimateTexts
from bot.render.cost_estimate import (
    assumption_words,
    saving_words,
    with_cleanup_words,
    without_cleanup_words,
)
from bot.render.quantities import dollars, size

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"
HEADING = "| repository | builds a day |"


def estimated(**texts: str) -> CostEstimate:
    return estimate_cost(EstimateTexts(**texts).parse())


def examples() -> list[list[str]]:
    """Rows of the table, without the name of the repository."""
    (table,) = (part for part in PAGE.read_text().split("\n\n") if part.startswith(HEADING))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return [cells[1:] for cells in rows[2:]]


@pytest.mark.parametrize("row", examples(), ids=lambda row: ", ".join(row[:3]))
def test_an_example_in_the_docs(row: list[str]) -> None:
    builds, image_size, share, keep, *shown = row
    estimate = estimated(
        builds_per_day=builds, image_size=image_size, new_share=share, keep=keep, months="12"
    )
    last = estimate.months[-1]
    assert shown == [
        size(last.without_cleanup.stored_bytes),
        dollars(estimate.usd_without_cleanup),
        size(last.with_cleanup.stored_bytes),
        dollars(estimate.usd_with_cleanup),
        dollars(estimate.usd_saved),
    ]


def test_the_docs_have_examples() -> None:
    assert len(examples()) == 6


def test_one_image_one_month_one_build() -> None:
    estimate = estimated(keep="1", months="1", builds_per_day="1")
    assert saving_words(estimate) == "Keeping 1 image saves $0.14 in 1 month"
    assert without_cleanup_words(estimate) == (
        "Without cleanup: 3.36 GB after 1 month, $0.19 in month 1, $0.19 in all"
    )
    assert with_cleanup_words(estimate).startswith("With cleanup: 500 MB after 1 month")
    assert list(assumption_words(estimate)) == [
        "Assumes 1 build a day, images of 500 MB of which 20% is new, and the default price of "
        "$0.10 per GB a month.",
        "Assumes a cleanup after each build. Weekly cleanup stores up to 700 MB more.",
    ]


def test_the_least_and_the_most() -> None:
    least = estimated(
        image_size="1 kB", new_share="0%", builds_per_day="0.01", keep="1", months="1"
    )
    assert saving_words(least) == "Keeping 1 image saves nothing in 1 month"
    assert without_cleanup_words(least).endswith("< $0.01 in month 1, < $0.01 in all")
    assert "0.01 builds a day" in next(assumption_words(least))
    most = estimated(
        image_size="1 TB", new_share="100%", builds_per_day="100000", keep="100000", months="120"
    )
    assert "after 120 months" in without_cleanup_words(most)
    assert "100,000 builds a day" in next(assumption_words(most))
