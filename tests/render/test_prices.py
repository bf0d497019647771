"""Sentences for prices of storage."""

from dataclasses import replace

import pytest

from bot.core.doctor_findings import PriceListUnreadable, PriceRead
from bot.core.errors import ErrorText
from bot.core.prices import (
    GbPrice,
    PriceListFailure,
    PriceListProblem,
    PriceSource,
    default_price,
)
from bot.render.prices import price_finding_fix, price_finding_words, price_words
from tests.support import NOW

HERE = "eu-west-1"
LISTED = GbPrice(0.1, PriceSource.PRICE_LIST, NOW)
OLD = replace(LISTED, problem=PriceListProblem.UNREACHABLE)
FROM_LIST = "$0.10 per GB and month (AWS's price list for eu-west-1, read Nov 23, 2026"


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (LISTED, f"{FROM_LIST})"),
        (OLD, f"{FROM_LIST}; now AWS's price list cannot be reached)"),
        (
            GbPrice(0.1134, PriceSource.SETTINGS),
            "$0.1134 per GB and month (price_per_gb_month in the settings)",
        ),
        (
            default_price(PriceListProblem.NOT_READ),
            "$0.10 per GB and month (the default: AWS's price list was not read yet)",
        ),
    ],
)
def test_a_price_with_its_source(price: GbPrice, words: str) -> None:
    assert price_words(price, HERE) == words


@pytest.mark.parametrize(
    ("usd", "shown"), [(0, "$0.00 "), (1000, "$1,000.00 "), (0.12, "$0.12 "), (0.125, "$0.125 ")]
)
def test_digits(usd: float, shown: str) -> None:
    assert price_words(GbPrice(usd, PriceSource.SETTINGS), HERE).startswith(shown)


def test_a_price_that_was_read_needs_no_fix() -> None:
    finding = PriceRead(LISTED, HERE)
    assert price_finding_words(finding) == f"{FROM_LIST})"
    assert price_finding_fix(finding) is None


@pytest.mark.parametrize("problem", PriceListProblem)
def test_each_problem_has_its_words_and_a_fix(problem: PriceListProblem) -> None:
    failure = PriceListFailure(problem)
    finding = PriceListUnreadable(default_price(problem), HERE, failure)
    said = price_finding_words(finding)
    assert said.startswith("AWS")
    assert said.endswith("; the price until then: $0.10 per GB and month (the default)")
    assert (price_finding_fix(finding) or "").endswith(
        "set price_per_gb_month to the number of USD"
    )


def test_the_error_of_a_call_is_quoted() -> None:
    failure = PriceListFailure(PriceListProblem.UNREACHABLE, ErrorText("no answer"))
    said = price_finding_words(PriceListUnreadable(OLD, HERE, failure))
    assert said == f"no answer; the price until then: {FROM_LIST})"
