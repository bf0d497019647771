"""Charts stay within Slack's limits for any names and numbers."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.api import Json
from bot.slack.messages.block_kit import message, section
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart
from tests.core.test_properties import tries
from tests.slack.messages.plan_views import checked, read

NAMES = st.text(min_size=1, max_size=60).filter(str.strip)


def chart(*series: ChartSeries, weeks: int = 2, **facts: Any) -> SeriesChart:
    categories = tuple(f"week {number}" for number in range(weeks))
    given = {"kind": ChartKind.LINE, "title": "Stored GB", "categories": categories, **facts}
    return SeriesChart(series=series, **given)


def series(*names: str, values: tuple[float, ...] = (1, 2)) -> list[ChartSeries]:
    return [ChartSeries(name, values) for name in names]


def block(made: SeriesChart) -> Json:
    """The block, as Slack accepts it."""
    (block,) = checked(message("Stores 3 GB", made)).blocks
    return block


def names(made: SeriesChart) -> list[str]:
    return [each["name"] for each in block(made)["chart"]["series"]]


def categories(made: SeriesChart) -> list[str]:
    found: list[str] = block(made)["chart"]["axis_config"]["categories"]
    return found


def test_the_block() -> None:
    made = chart(
        ChartSeries("in use", (1, 2.5)),
        kind=ChartKind.AREA,
        categories=("Jan", "Feb"),
        x_title="Month",
        y_title="GB",
    )
    assert block(made) == {
        "type": "data_visualization",
        "title": "Stored GB",
        "chart": {
            "type": "area",
            "series": [
                {
                    "name": "in use",
                    "data": [{"label": "Jan", "value": 1}, {"label": "Feb", "value": 2.5}],
                }
            ],
            "axis_config": {"categories": ["Jan", "Feb"], "x_label": "Month", "y_label": "GB"},
        },
    }


@pytest.mark.parametrize("kind", ChartKind)
def test_a_chart_at_its_limits(kind: ChartKind) -> None:
    twenty = tuple(f"{number:x<20}" for number in range(20))
    most = series(*(f"{n:x<20}" for n in range(6)), values=tuple(range(20)))
    made = chart(
        *most,
        kind=kind,
        categories=twenty,
        title="x" * 50,
        x_title="x" * 50,
        y_title="x" * 50,
    )
    assert categories(made) == list(twenty)
    assert names(made) == [each.name for each in most]


def test_a_chart_without_axis_titles() -> None:
    made = chart(*series("one"))
    assert block(made)["chart"]["axis_config"] == {"categories": ["week 0", "week 1"]}


@pytest.mark.parametrize("value", [0, -1, 1e300, 2**63, 5e-324])
def test_extreme_numbers(value: float) -> None:
    (one,) = block(chart(*series("one", values=(value, 0))))["chart"]["series"]
    assert [point["value"] for point in one["data"]] == [value, 0]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="the series 'one' has a value that is not finite"):
        chart(*series("one", values=(1, value)))


@pytest.mark.parametrize("number", [0, 7])
def test_the_number_of_series(number: int) -> None:
    with pytest.raises(ValueError, match=f"a chart has 1 to 6 series, not {number}"):
        chart(*series(*map(str, range(number))))


@pytest.mark.parametrize("number", [0, 21])
def test_the_number_of_categories(number: int) -> None:
    with pytest.raises(ValueError, match=f"a chart has 1 to 20 categories, not {number}"):
        chart(*series("one", values=(1,) * number), weeks=number)


def test_each_category_needs_a_value() -> None:
    with pytest.raises(ValueError, match="the series 'one' needs one value for each category"):
        chart(*series("one"), weeks=3)


@pytest.mark.parametrize("facts", [{"title": " "}, {"categories": ("a", "")}])
def test_empty_texts(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is empty"):
        chart(*series("one"), **facts)


def test_a_name_of_21_characters_is_cut_in_the_middle() -> None:
    assert names(chart(*series("team/checkout-service"))) == ["tea…checkout-service"]


def test_names_that_are_cut_stay_distinct() -> None:
    alike = ("team-of-ann/checkout-service", "team-of-bob/checkout-service")
    cut = ["tea…checkout-service", "t…checkout-service 2"]
    assert names(chart(*series(*alike))) == cut
    assert categories(chart(*series("one"), categories=alike)) == cut


@given(st.lists(NAMES, min_size=1, max_size=20), NAMES)
@tries(50)
def test_any_names(labels: list[str], title: str) -> None:
    made = chart(
        *series(*labels[:6], values=tuple(range(len(labels)))),
        categories=tuple(labels),
        title=title,
        x_title=title,
    )
    assert len(set(categories(made))) == len(labels)


def test_a_message_has_at_most_two_charts() -> None:
    one = chart(*series("one"))
    content = checked(message("Stores 3 GB", section("3 GB"), one, one))
    assert read(content.blocks) == "3 GB\n[line chart: Stored GB]\n[line chart: Stored GB]"
    with pytest.raises(ValueError, match="a message has at most 2 charts"):
        message("Stores 3 GB", one, one, one)
