"""Costs as a picture, for people outside Slack. Needs the extra `png`."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import NamedTuple

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bot import sanitize
from bot.core.detailed_cost import CostSummary, DetailedCost, StorageWeek, summarize
from bot.core.repository_cost import YearlyCost
from bot.core.storage_projection import MONTHS, WEEKS
from bot.render.cost_sentences import (
    FREEABLE,
    IN_USE,
    KEPT,
    LAST_WEEKS,
    NEXT_MONTHS,
    NO_CLEANUP,
    POLICY,
    RECONSTRUCTED,
    TRIED,
    UNDIVIDED,
    headline_sentences,
    past_words,
    projections,
    range_note_words,
    source_words,
)
from bot.render.costs import UNKNOWN
from bot.render.quantities import UNITS, dollars, size
from bot.render.storage_bars import parts_of

INCHES = (12, 7)
DOTS_PER_INCH = 150

TITLE_POINTS, SMALL_TITLE_POINTS = 17, 14

TITLE_LENGTH, SMALL_TITLE_LENGTH = 80, 88
"""Characters of a line at these sizes. A long name makes the title smaller, then two lines long."""

LINE_LENGTH, NOTE_LENGTH = 130, 180
"""Characters of a line above the charts, and below them."""

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa2ad",
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.grid.axis": "y",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e9ee",
    "xtick.color": "#4a5260",
    "ytick.color": "#4a5260",
    "text.color": "#1c2430",
    "text.parse_math": False,
}
"""`text.parse_math`: otherwise two dollar signs enclose a formula."""

_COLORS = {
    IN_USE: "#2f9e5b",
    KEPT: "#4a7fc1",
    FREEABLE: "#f2b134",
    UNDIVIDED: "#8d97a5",
    RECONSTRUCTED: "#ced4dc",
    NO_CLEANUP: "#cf3f4f",
    POLICY: "#1f7a6d",
    TRIED: "#7d3cb5",
}

_GRAY = "#6b7380"

_DAY = timedelta(days=1)

_MONTH = timedelta(days=365.25 / 12)

_LABEL_HEIGHT = 0.11
"""Of the height of the chart."""


class _Line(NamedTuple):
    """A projection."""

    name: str
    year: YearlyCost

    @property
    def end_bytes(self) -> int:
        return self.year.projection.months[-1].stored_bytes


def draw_costs(costs: Sequence[DetailedCost]) -> bytes:
    """A PNG file of one repository, or of the sums of several: the last 12 weeks, and the next 12
    months."""
    summary = summarize(costs)
    with style.context(_STYLE, after_reset=True):
        figure = Figure(INCHES, DOTS_PER_INCH)
        past, future = figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.35])
        largest = _largest(summary)
        _draw_weeks(past, summary.weeks)
        _draw_months(future, summary, largest)
        _label_bytes(past, largest)
        _write_around(figure, summary)
        picture = BytesIO()
        figure.savefig(picture, format="png")
    return picture.getvalue()


def _largest(summary: CostSummary) -> int:
    """Bytes that the charts must show."""
    stored = [week.stored_bytes for week in summary.weeks]
    for name, year in projections(summary):
        months = year.projection.months
        stored += [each.high_bytes if name == NO_CLEANUP else each.stored_bytes for each in months]
    return max(stored, default=0)


def _write_around(figure: Figure, summary: CostSummary) -> None:
    first, *others = map(sanitize.line, headline_sentences(summary))
    lines = "\n".join(textwrap.fill(each, LINE_LENGTH) for each in others)
    title = textwrap.fill(first, SMALL_TITLE_LENGTH)
    points = max(SMALL_TITLE_POINTS, min(TITLE_POINTS, TITLE_POINTS * TITLE_LENGTH / len(first)))
    figure.text(0.02, 0.955, title, fontsize=points, fontweight="bold", va="top")
    below = 0.86 if "\n" in title else 0.89
    figure.text(0.02, below, lines, fontsize=12, va="top", linespacing=1.4)
    notes = [
        *source_words(summary),
        *past_words(summary.weeks),
        *range_note_words(summary),
    ]
    small = textwrap.fill(sanitize.line(" ".join(notes)), NOTE_LENGTH)
    figure.text(0.02, 0.02, small, fontsize=8.5, color=_GRAY, va="bottom")
    figure.subplots_adjust(left=0.07, right=0.985, top=0.72, bottom=0.17, wspace=0.09)


def _draw_weeks(axes: Axes, weeks: Sequence[StorageWeek]) -> None:
    """The last week is at the right, even if earlier ones are unknown."""
    axes.set_title(LAST_WEEKS)
    places = range(WEEKS + 1 - len(weeks), WEEKS + 1)
    labeled: set[str] = set()
    for place, week in zip(places, weeks, strict=True):
        bottom = 0
        for part, held in parts_of(week):
            label = None if part.name in labeled else part.name
            axes.bar(place, held, 0.8, bottom, color=_COLORS[part.name], label=label)
            labeled.add(part.name)
            bottom += held
    dated = list(zip(places, weeks, strict=True))[::-3]
    axes.set_xlim(-0.7, WEEKS + 0.7)
    axes.set_xticks([place for place, _ in dated], [_day(week.at) for _, week in dated])
    axes.grid(visible=False, axis="x")
    if not labeled:
        _write_unknown(axes)
        return
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.07),
        ncols=len(labeled),
        frameon=False,
        fontsize=9.5,
        handlelength=1,
        columnspacing=1.2,
    )


def _draw_months(axes: Axes, summary: CostSummary, largest: int) -> None:
    axes.set_title(NEXT_MONTHS)
    axes.grid(visible=False, axis="x")
    lines = [_Line(*each) for each in projections(summary)]
    if not lines:
        _write_unknown(axes)
        return
    for each in lines:
        _draw_line(axes, each)
    _label_lines(axes, lines, largest)
    start = max(each.cost.scanned_at for each in summary.costs)
    ticks = range(3, MONTHS + 1, 3)
    dates = [_month(start + number * _MONTH) for number in ticks]
    axes.set_xlim(0, 1.47 * MONTHS)
    axes.set_xticks([0, *ticks], ["today", *dates])


def _write_unknown(axes: Axes) -> None:
    axes.set_xticks([])
    axes.text(0.5, 0.5, UNKNOWN, transform=axes.transAxes, ha="center", color=_GRAY)


def _draw_line(axes: Axes, each: _Line) -> None:
    months, color = each.year.projection.months, _COLORS[each.name]
    numbers = [0, *(month.number for month in months)]
    stored = [each.year.projection.start_bytes, *(month.stored_bytes for month in months)]
    dashes = "--" if each.name == TRIED else "-"
    axes.plot(numbers, stored, dashes, color=color, linewidth=2.5)
    if each.name == NO_CLEANUP:
        low = [stored[0], *(month.low_bytes for month in months)]
        high = [stored[0], *(month.high_bytes for month in months)]
        axes.fill_between(numbers, low, high, color=color, alpha=0.13, linewidth=0)


def _label_lines(axes: Axes, lines: Iterable[_Line], largest: int) -> None:
    """At their ends."""
    upwards = sorted(lines, key=lambda line: line.end_bytes)
    heights = _spread([each.end_bytes / largest if largest else 0.0 for each in upwards])
    for each, height in zip(upwards, heights, strict=True):
        label = f"{each.name}\n{size(each.end_bytes)}, costs {dollars(each.year.usd)}"
        axes.text(
            MONTHS + 0.3,
            height * largest,
            label,
            color=_COLORS[each.name],
            fontsize=10.5,
            va="center",
        )


def _spread(heights: Sequence[float]) -> Sequence[float]:
    """Moves labels apart, so that none covers another. From the lowest, 0, to the highest, 1."""
    found = list(heights)
    lowest = 0.0
    for place, height in enumerate(found):
        found[place] = max(height, lowest)
        lowest = found[place] + _LABEL_HEIGHT
    highest = 1.0
    for place, height in reversed(list(enumerate(found))):
        found[place] = min(height, highest)
        highest = found[place] - _LABEL_HEIGHT
    return found


def _label_bytes(axes: Axes, largest: int) -> None:
    """Round numbers of the unit of the largest."""
    unit = 0
    while largest >= 1024 ** (unit + 1) and unit < len(UNITS) - 1:
        unit += 1
    scale = 1024**unit
    axes.set_ylim(0, largest * 1.08 or 1)
    steps = MaxNLocator(6).tick_values(0, max(1.0, largest / scale))
    ticks = [step * scale for step in steps if step * scale <= largest * 1.08]
    axes.set_yticks(ticks, [f"{tick / scale:g} {UNITS[unit]}" for tick in ticks])


def _day(at: datetime) -> str:
    return f"{at:%b} {at.day}"


def _month(at: datetime) -> str:
    return f"{at:%b %Y}"
