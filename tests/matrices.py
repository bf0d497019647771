"""Test matrices: `make test` runs a part of them, `make test-all` runs all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest

Row = tuple[Any, ...]


def matrix(*axes: Iterable[Any], meet: int) -> list[Any]:
    """Every combination, for `pytest.mark.parametrize`. Only a part is fast: enough that each value
    occurs once (`meet` is 1), or that each pair of values occurs once (2)."""
    rows = list(product(*axes))
    fast = _chosen(rows, meet)
    return [
        pytest.param(*row, marks=() if number in fast else pytest.mark.slow)
        for number, row in enumerate(rows)
    ]


def the_first(fast: int, rows: Iterable[Any]) -> list[Any]:
    """For `pytest.mark.parametrize`: the first `fast` rows are fast, the others slow."""
    return [
        row if number < fast else pytest.param(*_values(row), marks=pytest.mark.slow)
        for number, row in enumerate(rows)
    ]


def _values(row: Any) -> Row:
    return row if isinstance(row, tuple) else (row,)


def _chosen(rows: Sequence[Row], meet: int) -> set[int]:
    """Greedy and deterministic: repeatedly the row with most missing combinations; of several, the
    row whose values were chosen least, and then the first."""
    met = [{*combinations(enumerate(row), meet)} for row in rows]
    left, chosen, used = set[Any]().union(*met), set[int](), Counter[Any]()

    def gain(number: int) -> tuple[int, int]:
        return len(met[number] & left), -sum(used[value] for value in enumerate(rows[number]))

    while left:
        best = max(range(len(rows)), key=gain)
        chosen.add(best)
        left -= met[best]
        used.update(enumerate(rows[best]))
    return chosen
