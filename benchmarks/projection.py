"""Measures the errors of the projection for repositories whose law of growth is known.

Without cleanup, the law makes the weeks before and after the projection. With a policy, the rules
engine plans every week of the year. Random seeds are fixed, so that every run has the same errors.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean, median, quantiles

from rich.markup import escape
from rich.table import Table

from benchmarks.growth_laws import LAWS, history
from benchmarks.weekly_cleanups import POLICIES, cleaned_year
from bot.core.prices import usd_per_month
from bot.core.storage_projection import (
    MONTHS,
    WEEKS,
    MonthlyStorage,
    project,
    project_policy,
    usd_of_year,
    weekly_growth,
)

AGES = (4, 8, 12, 26, 52)
"""Weeks."""

SEEDS = 40
"""Repositories of each law and age."""

POLICY_SEEDS = 40
"""Repositories of each policy."""

FIRST_BYTES = 10**9
"""Of the first push."""

PRICE = 0.10

HEADINGS = (
    "stored: median",
    "9 of 10",
    "worst",
    "cost: median",
    "9 of 10",
    "worst",
    "in range",
)


@dataclass(frozen=True, slots=True)
class Error:
    """Of the projection of one repository, as parts of the truth: of the bytes stored after the
    year, and of the year's cost. `in_range`: those bytes are between low and high."""

    stored: float
    cost: float
    in_range: bool


def table() -> Table:
    shown = Table(title="errors of the projection after 12 months")
    shown.add_column("repository")
    for heading in HEADINGS:
        shown.add_column(heading, justify="right")
    for law in LAWS:
        shown.add_row(law, *cells(errors_of_law(law)))
    shown.add_section()
    for policy in POLICIES:
        shown.add_row(escape(policy), *cells(errors_of_policy(policy)))
    return shown


def cells(errors: Iterable[Error]) -> Iterator[str]:
    found = list(errors)
    for parts in ([each.stored for each in found], [each.cost for each in found]):
        sizes = [abs(part) for part in parts]
        yield from (f"{part:.0%}" for part in (median(sizes), _ninth(sizes), max(sizes)))
    yield f"{fmean(each.in_range for each in found):.0%}"


def _ninth(sizes: Sequence[float]) -> float:
    return quantiles(sizes, n=10, method="inclusive")[-1]


def errors_of_law(law: str) -> Iterator[Error]:
    for age in AGES:
        for seed in range(SEEDS):
            past, future = history(law, age, seed)
            growth = weekly_growth(past[-WEEKS:])
            assert growth is not None
            now = FIRST_BYTES + sum(past)
            stored = list(accumulate(future, initial=now))
            averages = [fmean(ends) for ends in pairwise(stored)]
            yield _error(now, project(now, growth), stored[-1], averages)


def errors_of_policy(policy: str) -> Iterator[Error]:
    """The bytes after the year are the average of its last 4 weeks."""
    for seed in range(POLICY_SEEDS):
        year = cleaned_year(policy, seed)
        growth = weekly_growth(year.new_bytes)
        assert growth is not None
        months = project_policy(year.kept_bytes, year.policy_growth, growth)
        yield _error(year.kept_bytes, months, fmean(year.stored_bytes[-4:]), year.stored_bytes)


def _error(
    now: int, months: Sequence[MonthlyStorage], stored: float, weekly_averages: Sequence[float]
) -> Error:
    last = months[-1]
    usd = MONTHS * usd_per_month(round(fmean(weekly_averages)), PRICE)
    projected_usd = usd_of_year(now, [month.stored_bytes for month in months], PRICE)
    return Error(
        stored=last.stored_bytes / stored - 1,
        cost=projected_usd / usd - 1,
        in_range=last.low_bytes <= stored <= last.high_bytes,
    )
