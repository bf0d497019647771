"""Charts of costs: what was stored in the last 12 weeks, and what will be in the next 12 months.

In GB, since a chart has one axis and prices differ by Region.
"""

from calendar import month_abbr
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import zip_longest

from bot.core.prices import BYTES_PER_GB
from bot.core.repository_cost import RepositoryCost, TotalCost, YearlyCost
from bot.core.storage_history import StorageDay
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart

IN_USE, KEPT, FREEABLE, STORED = "In use", "Kept by rules", "Could be freed", "Stored"
NO_CLEANUP, POLICY, IN_USE_NOW = "No cleanup", "Today's policy", "In use now"

_GB = "GB"
_DIGITS = 4
_FEWEST_WEEKS = 2


def history_chart(costs: Iterable[RepositoryCost]) -> SeriesChart | None:
    """What was stored each week, and since the first scans, how much of it was in use, kept by
    rules, and could be freed. None if fewer than two weeks are known.

    Bars, since Slack stacks no areas (docs.slack.dev,
    reference/block-kit/blocks/data-visualization-block), and a line from 0 to the first scan would
    look like growth. A part that is unknown in some weeks has no bar there.
    """
    weeks = _known_weeks(costs)
    if len(weeks) < _FEWEST_WEEKS:
        return None
    parts = [
        _series(IN_USE, weeks, lambda day: day.in_use_bytes),
        _series(KEPT, weeks, lambda day: day.rule_kept_bytes),
        _series(FREEABLE, weeks, lambda day: day.freeable_bytes),
    ]
    is_known = any(day.in_use_bytes is not None for week in weeks for day in week)
    return SeriesChart(
        kind=ChartKind.BAR,
        title="Stored in the last 12 weeks",
        categories=tuple(chart_day(max(day.at for day in week)) for week in weeks),
        series=(
            _series(STORED, weeks, lambda day: day.stored_bytes),
            *(parts if is_known else []),
        ),
        y_title=_GB,
    )


def projection_chart(total: TotalCost, now: datetime) -> SeriesChart | None:
    """None if no growth is known."""
    if total.without_cleanup is None:
        return None
    without = _bytes_by_month(total.without_cleanup)
    lines = {NO_CLEANUP: without}
    if total.with_policy and total.unknown_usage < total.repositories:
        lines[POLICY] = _bytes_by_month(total.with_policy)
        lines[IN_USE_NOW] = [total.in_use.bytes] * len(without)
    return SeriesChart(
        kind=ChartKind.LINE,
        title="Stored in the next 12 months",
        categories=("Now", *(_month(now, number) for number in range(1, len(without)))),
        series=tuple(ChartSeries(name, tuple(map(_gb, each))) for name, each in lines.items()),
        y_title=_GB,
    )


def _known_weeks(costs: Iterable[RepositoryCost]) -> Sequence[Sequence[StorageDay]]:
    """Of each week the days of all repositories with a known size, oldest first."""
    by_weeks_ago = zip_longest(*(reversed(each.weeks) for each in costs))
    weeks = ([day for day in week if day and day.stored_bytes is not None] for week in by_weeks_ago)
    return [week for week in weeks if week][::-1]


def _series(
    name: str,
    weeks: Iterable[Iterable[StorageDay]],
    bytes_of: Callable[[StorageDay], int | None],
) -> ChartSeries:
    return ChartSeries(name, tuple(_gb(sum(bytes_of(day) or 0 for day in week)) for week in weeks))


def _bytes_by_month(year: YearlyCost) -> Sequence[int]:
    """Now, after a first cleanup, and at the end of each month."""
    return [year.projection.start_bytes, *(each.stored_bytes for each in year.projection.months)]


def _gb(number_of_bytes: int) -> float:
    return float(f"{number_of_bytes / BYTES_PER_GB:.{_DIGITS}g}")


def chart_day(at: datetime) -> str:
    """`Nov 28`, in UTC."""
    return f"{at:%b} {at.day}"


def _month(now: datetime, number: int) -> str:
    return month_abbr[(now.month - 1 + number) % 12 + 1]
