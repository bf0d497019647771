"""The shapes of charts, which the template `_chart.html` draws as SVG.

Positions are percent of the plot from its top left corner, so that charts fit every width. Areas
lie on top of each other, the first at the back. Slack stacks neither areas nor bars.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.page.chart_axes import (
    CategoryAxis,
    ValueAxis,
    category_axes,
    drawable,
    long_number,
    middle,
    value_axis,
)

Json = dict[str, Any]

_WIDTH_OF_A_GROUP = 0.76
_MOST_WIDTH_OF_A_BAR = 12.0
_LEAST_HEIGHT_OF_A_BAR = 0.6
"""So that small numbers, unlike zero, are visible."""


@dataclass(frozen=True, kw_only=True)
class DrawnPoint:
    """`text`: shown when the pointer is on it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class DrawnBar(DrawnPoint):
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class DrawnSeries:
    """`line`, `area`: SVG paths; empty in charts of another kind."""

    name: str
    line: str = ""
    area: str = ""
    points: Sequence[DrawnPoint] = ()
    bars: Sequence[DrawnBar] = ()


@dataclass(frozen=True, kw_only=True)
class DrawnSegment:
    """A slice of a pie around 0,0 with the radius 1. `path`: empty if it is the whole pie."""

    name: str
    share: str
    text: str
    path: str


@dataclass(frozen=True, kw_only=True)
class DrawnChart:
    """A chart of series, or a pie. `description`: the chart in words, for screen readers."""

    title: str
    description: str
    x_title: str = ""
    y_title: str = ""
    values: ValueAxis | None = None
    categories: Sequence[CategoryAxis] = ()
    series: Sequence[DrawnSeries] = ()
    segments: Sequence[DrawnSegment] = ()


def drawn_chart(block: Json) -> DrawnChart:
    """From a valid block of the type `data_visualization`."""
    if block["chart"]["type"] == "pie":
        return _drawn_pie(block["title"], block["chart"]["segments"])
    return _drawn_series_chart(block["title"], block["chart"])


def _drawn_series_chart(title: str, chart: Json) -> DrawnChart:
    axes, kind = chart["axis_config"], chart["type"]
    categories = axes["categories"]
    names = [each["name"] for each in chart["series"]]
    rows = [_in_order(each["data"], categories) for each in chart["series"]]
    axis = value_axis([value for row in rows for value in row])
    draw = _Drawing(categories, axis, len(rows))
    return DrawnChart(
        title=title,
        description=_series_in_words(title, chart, rows),
        x_title=axes.get("x_label", ""),
        y_title=axes.get("y_label", ""),
        values=axis,
        categories=category_axes(categories, needs_all=kind == "bar"),
        series=[
            draw.bars(name, row, number) if kind == "bar" else draw.line(name, row, kind)
            for number, (name, row) in enumerate(zip(names, rows, strict=True))
        ],
    )


def _in_order(data: Sequence[Json], categories: Sequence[str]) -> list[float]:
    values = {point["label"]: point["value"] for point in data}
    return [values[category] for category in categories]


def _series_in_words(title: str, chart: Json, rows: Sequence[Sequence[float]]) -> str:
    categories = chart["axis_config"]["categories"]
    first, last = categories[0], categories[-1]
    ends = (
        f"{each['name']}: {long_number(row[0])} in {first}, {long_number(row[-1])} in {last}"
        for each, row in zip(chart["series"], rows, strict=True)
    )
    return f"{chart['type'].capitalize()} chart: {title}. {'. '.join(ends)}."


@dataclass(frozen=True)
class _Drawing:
    """Draws the series of one chart. `number`: of all series."""

    categories: Sequence[str]
    axis: ValueAxis
    number: int

    def line(self, name: str, row: Sequence[float], kind: str) -> DrawnSeries:
        points = [
            DrawnPoint(
                x=middle(index, len(row)),
                y=self.axis.y(value),
                text=self._text(name, index, value),
            )
            for index, value in enumerate(row)
        ]
        line = "M" + "L".join(f"{each.x:.2f} {each.y:.2f}" for each in points)
        zero = f"{self.axis.zero:.2f}"
        area = f"{line}L{points[-1].x:.2f} {zero}L{points[0].x:.2f} {zero}Z"
        return DrawnSeries(name=name, line=line, area=area if kind == "area" else "", points=points)

    def bars(self, name: str, row: Sequence[float], place: int) -> DrawnSeries:
        """`place`: of the series in each group of bars."""
        room = _WIDTH_OF_A_GROUP * 100 / len(row) / self.number
        width = min(room, _MOST_WIDTH_OF_A_BAR)
        bars = [
            DrawnBar(
                x=round(middle(index, len(row)) + (place - self.number / 2) * width, 3),
                y=top,
                width=round(width, 3),
                height=round(height, 3),
                text=self._text(name, index, value),
            )
            for index, value in enumerate(row)
            for top, height in [self._vertical(value)]
        ]
        return DrawnSeries(name=name, bars=bars)

    def _vertical(self, value: float) -> tuple[float, float]:
        """Top and height of a bar."""
        zero, end = self.axis.zero, self.axis.y(value)
        height = max(abs(end - zero), _LEAST_HEIGHT_OF_A_BAR) if value else 0
        return (zero - height if value > 0 else zero), height

    def _text(self, name: str, index: int, value: float) -> str:
        return f"{self.categories[index]} · {name}: {long_number(value)}"


def _drawn_pie(title: str, segments: Sequence[Json]) -> DrawnChart:
    drawn = list(_drawn_segments(segments))
    parts = ". ".join(f"{each.name}: {each.share}" for each in drawn)
    return DrawnChart(title=title, description=f"Pie chart: {title}. {parts}.", segments=drawn)


def _drawn_segments(segments: Sequence[Json]) -> Iterator[DrawnSegment]:
    largest = max(drawable(each["value"]) for each in segments) or 1
    sizes = [drawable(each["value"]) / largest for each in segments]
    start = 0.0
    for each, size in zip(segments, sizes, strict=True):
        share = size / sum(sizes) if any(sizes) else 1 / len(sizes)
        label = f"{share:.0%}" if share >= 0.01 or not share else "under 1%"
        yield DrawnSegment(
            name=each["label"],
            share=label,
            text=f"{each['label']}: {long_number(each['value'])} ({label})",
            path=_slice(start, start + share) if share < 1 else "",
        )
        start += share


def _slice(start: float, end: float) -> str:
    """From one share of the circle to another, clockwise from the top."""
    large = int(end - start > 0.5)
    return f"M0 0L{_on_circle(start)}A1 1 0 {large} 1 {_on_circle(end)}Z"


def _on_circle(share: float) -> str:
    angle = 2 * math.pi * share
    return f"{math.sin(angle):.4f} {-math.cos(angle):.4f}"
