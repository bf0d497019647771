"""Matrices of which the fast tests run a part, and all tests the whole."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest

Row = tuple[Any, ...]


def matrix(*axes: Iterable[Any], meet: int) -> list[Any]:
    """Every combination, for `pytest.mark.parametrize`. Slow are those that a few others spare:
    among the fast ones each value occurs (`meet` is 1), or each meets each of every other axis
    (2). The first that bring the most are chosen, the same in every run."""
    rows = list(product(*axes))
    fast = _chosen(rows, meet)
    return [
        pytest.param(*row, marks=() if number in fast else pytest.mark.slow)
        for number, row in enumerate(rows)
    ]


def _chosen(rows: Sequence[Row], meet: int) -> set[int]:
    met = [{*combinations(enumerate(row), meet)} for row in rows]
    left, chosen = set[Any]().union(*met), set[int]()
    while left:
        best = max(range(len(rows)), key=lambda number: len(met[number] & left))
        chosen.add(best)
        left -= met[best]
    return chosen
