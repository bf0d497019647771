"""Rules for charts: docs.slack.dev/reference/block-kit/blocks/data-visualization-block, read on
2026-11-28. Slack documents no limit of two charts in a message, but enforces it (vercel/chat#696).
"""

from collections.abc import Sequence
from typing import Any

from bot.playground.slack.blocks.problems import BlockProblems, BlockRule
from bot.playground.slack.blocks.schema import (
    all_of,
    anything,
    array,
    number,
    positive_number,
    record,
    string,
    typed,
)

MAX_CHARTS_IN_A_MESSAGE = 2
MAX_CHARACTERS_OF_A_TITLE = 50
_MAX_SERIES = 6
_MAX_CATEGORIES = 20
_LABEL = string(20)
_AXIS_TITLE = string(50)

_SERIES = record(
    {
        "name": _LABEL,
        "data": array(record({"label": _LABEL, "value": number}), _MAX_CATEGORIES),
    }
)
_AXES = record(
    {"categories": array(_LABEL, _MAX_CATEGORIES)},
    {"x_label": _AXIS_TITLE, "y_label": _AXIS_TITLE},
)
_SEGMENT = record({"label": _LABEL, "value": positive_number})


def _distinct_names(value: Any, at: str, problems: BlockProblems) -> None:
    """Only checked if the parts of the chart have no problems."""
    if problems.all:
        return
    _check_distinct([each["name"] for each in value["series"]], f"{at}/series", problems)
    _check_distinct(value["axis_config"]["categories"], f"{at}/axis_config/categories", problems)


def _one_value_for_each_category(value: Any, at: str, problems: BlockProblems) -> None:
    """Only checked if the parts of the chart have no problems."""
    if problems.all:
        return
    categories = sorted(value["axis_config"]["categories"])
    for index, series in enumerate(value["series"]):
        if sorted(point["label"] for point in series["data"]) != categories:
            problems.add(f"{at}/series/{index}/data", "labels must match the categories")


def _check_distinct(names: Sequence[str], at: str, problems: BlockProblems) -> None:
    if len(set(names)) < len(names):
        problems.add(at, "names must be unique")


_SERIES_CHART = all_of(
    record({"type": anything, "series": array(_SERIES, _MAX_SERIES), "axis_config": _AXES}),
    _distinct_names,
    _one_value_for_each_category,
)
_PIE = record({"type": anything, "segments": array(_SEGMENT, _MAX_SERIES)})

CHART: BlockRule = typed({**dict.fromkeys(("line", "area", "bar"), _SERIES_CHART), "pie": _PIE})
