"""The table of errors in docs/cost.md is what the benchmark of the projection computes."""

from pathlib import Path

import pytest

from benchmarks.growth_laws import LAWS
from benchmarks.projection import cells, errors_of_law, errors_of_policy
from benchmarks.weekly_cleanups import POLICIES

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"


@pytest.mark.parametrize("law", LAWS)
def test_errors_without_cleanup(law: str) -> None:
    assert _documented(law) == list(cells(errors_of_law(law)))


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_errors_with_a_policy(policy: str) -> None:
    assert _documented(policy) == list(cells(errors_of_policy(policy)))


def _documented(name: str) -> list[str]:
    (row,) = (row for row in PAGE.read_text().splitlines() if row.startswith(f"| {name} |"))
    return [cell.strip() for cell in row.split("|")[2:-1]]
