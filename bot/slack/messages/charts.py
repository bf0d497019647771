"""Charts in messages: blocks of the type `data_visualization`, which slack_sdk has no models of.

Limits: docs.slack.dev, reference/block-kit/blocks/data-visualization-block. Slack shows charts in
messages only. The `text` of a message must contain the numbers of its charts, for screen readers
and for workspaces that refuse charts.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.slack.api import CHART, Json
from bot.slack.mrkdwn import distinct_names, shortened

MOST_IN_TITLE = 50
MOST_IN_AXIS_TITLE = 50
MOST_IN_LABEL = 20
"""Characters of a category, and of the name of a series."""

MOST_SERIES = 6
MOST_CATEGORIES = 20


class ChartKind(StrEnum):
    """How the series are drawn. AREA: on top of each other, the first at the back, so the largest
    comes first. BAR: side by side in each category."""

    LINE = "line"
    AREA = "area"
    BAR = "bar"


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """A named value for each category of a chart."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChart:
    """A chart with up to six series over up to twenty categories. Long titles and names are cut in
    the middle; names that would be equal then get a number. Raises ValueError for anything else
    that Slack would refuse: callers sum up series and categories beyond the limits."""

    kind: ChartKind
    title: str
    categories: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    x_title: str = ""
    y_title: str = ""

    def __post_init__(self) -> None:
        _expect_between(1, MOST_SERIES, len(self.series), "series")
        _expect_between(1, MOST_CATEGORIES, len(self.categories), "categories")
        for each in self.series:
            if len(each.values) != len(self.categories):
                raise ValueError(f"the series {each.name!r} needs one value for each category")
            if not all(map(math.isfinite, each.values)):
                raise ValueError(f"the series {each.name!r} has a value that is not finite")
        if not all(map(str.strip, (self.title, *self.categories, *self._names))):
            raise ValueError("a title, a category or the name of a series is empty")

    def to_dict(self) -> Json:
        """The block."""
        categories = list(distinct_names(self.categories, MOST_IN_LABEL))
        names = distinct_names(self._names, MOST_IN_LABEL)
        return {
            "type": CHART,
            "title": shortened(self.title, MOST_IN_TITLE),
            "chart": {
                "type": self.kind.value,
                "series": [
                    {"name": name, "data": _points(categories, each.values)}
                    for name, each in zip(names, self.series, strict=True)
                ],
                "axis_config": {"categories": categories, **self._axis_titles()},
            },
        }

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.series)

    def _axis_titles(self) -> Json:
        titles = {"x_label": self.x_title, "y_label": self.y_title}
        return {
            axis: shortened(title, MOST_IN_AXIS_TITLE) for axis, title in titles.items() if title
        }


def _expect_between(least: int, most: int, number: int, of: str) -> None:
    if not least <= number <= most:
        raise ValueError(f"a chart has {least} to {most} {of}, not {number}")


def _points(categories: Iterable[str], values: Iterable[float]) -> list[Json]:
    return [
        {"label": category, "value": value}
        for category, value in zip(categories, values, strict=True)
    ]
