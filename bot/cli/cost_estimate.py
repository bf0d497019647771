"""`ecr-clean cost --estimate`, the cost calculator."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.cli.terminal import OutputFormats
from bot.core.cost_estimate import CostEstimate, estimate_cost
from bot.core.errors import RequestError
from bot.core.estimate_inputs import EstimateTexts
from bot.process import system_clock
from bot.render.cost_estimate import (
    MONTH_COLUMNS,
    estimate_as_line,
    estimate_as_text,
    months_as_rows,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

REQUIRED = {"image_size": "500MB", "new_share": "20%", "builds_per_day": "30"}
"""Examples by input."""


def print_estimate(given: Mapping[str, str], keep: Sequence[str], format_: str) -> None:
    """`given`: the options by field of EstimateTexts. `keep`: the values of `--keep`. Raises
    RequestError."""
    texts = _texts(given, keep)
    if mistakes := texts.mistakes():
        raise RequestError(*(f"{option_name(name)}: {said}" for name, said in mistakes.items()))
    ESTIMATES.print_all(format_, [estimate_cost(texts.parse())])


def _texts(given: Mapping[str, str], keep: Sequence[str]) -> EstimateTexts:
    if missing := [
        f"{option_name(name)} {REQUIRED[name]}" for name in REQUIRED if name not in given
    ]:
        raise RequestError(f"--estimate needs more options. Fix: add {' '.join(missing)}")
    if len(keep) > 1:
        raise RequestError("--estimate takes --keep once: a number of images, such as 15")
    return EstimateTexts(**given, **({"keep": keep[0]} if keep else {}))


def option_name(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _estimate_texts(estimates: Iterable[CostEstimate]) -> Iterator["RenderableType"]:
    return (estimate_as_text(estimate, system_clock()) for estimate in estimates)


ESTIMATES = OutputFormats(_estimate_texts, estimate_as_line, MONTH_COLUMNS.header, months_as_rows)
