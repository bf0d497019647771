"""The charts of a digest: what its repositories stored, and those that could save most."""

from collections.abc import Iterator, Sequence

from bot.core.digest_figures import DigestFigures, PlanWithSaving, StoredBytes
from bot.core.prices import BYTES_PER_GB
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart

MOST_BARS = 6
FEWEST_WEEKS = 3
FEWEST_BARS = 2

_DIGITS = 4


def digest_charts(figures: DigestFigures) -> Iterator[SeriesChart]:
    """Leaves out a chart that would show too little."""
    if len(largest := largest_savings(figures)) >= FEWEST_BARS:
        yield _savings(largest)
    if len(figures.stored) >= FEWEST_WEEKS:
        yield _stored(figures.stored)


def largest_savings(figures: DigestFigures) -> Sequence[PlanWithSaving]:
    """Of the plans that can be approved."""
    return [each for each in figures.waiting if each.saving.usd_per_month > 0][:MOST_BARS]


def _savings(largest: Sequence[PlanWithSaving]) -> SeriesChart:
    usd = tuple(round(12 * each.saving.usd_per_month, 2) for each in largest)
    return SeriesChart(
        kind=ChartKind.BAR,
        title="Largest savings",
        categories=tuple(each.plan.repository.name for each in largest),
        series=(ChartSeries("USD a year", usd),),
    )


def _stored(weeks: Sequence[StoredBytes]) -> SeriesChart:
    return SeriesChart(
        kind=ChartKind.AREA,
        title="Stored in the last 12 weeks",
        categories=tuple(f"{each.at:%b} {each.at.day}" for each in weeks),
        series=(ChartSeries("Stored", tuple(_gb(each.bytes) for each in weeks)),),
        y_title="GB",
    )


def _gb(number_of_bytes: int) -> float:
    return float(f"{number_of_bytes / BYTES_PER_GB:.{_DIGITS}g}")
