"""Checks of charts: each limit at the limit, and one above it; workspaces that refuse charts."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground.slack import SimulatedUser, Workspace
from bot.playground.slack.blocks import check_message, check_view

from .helpers import error, modal, refusal, section

Json = dict[str, Any]


def points(labels: list[str], value: Any = 1) -> list[Json]:
    return [{"label": label, "value": value} for label in labels]


def series_chart(
    kind: str = "line", series: int = 1, categories: list[str] | None = None, **axes: Any
) -> Json:
    labels = categories or ["Jan", "Feb"]
    return {
        "type": kind,
        "series": [{"name": f"s{number}", "data": points(labels)} for number in range(series)],
        "axis_config": {"categories": labels, **axes},
    }


def one_series(**changed: Any) -> Json:
    made = series_chart()
    made["series"][0].update(changed)
    return made


def pie(segments: int = 1, **changed: Any) -> Json:
    parts = [{"label": f"s{number}", "value": 0.5, **changed} for number in range(segments)]
    return {"type": "pie", "segments": parts}


def block(chart: Any, **more: Any) -> Json:
    return {"type": "data_visualization", "title": "Stored GB", "chart": chart, **more}


def labels(count: int) -> list[str]:
    return [f"{number:x<20}" for number in range(count)]


VALID: dict[str, list[Json]] = {
    "lines": [block(series_chart("line", 6))],
    "areas": [block(series_chart("area", 6))],
    "bars": [block(series_chart("bar", 6))],
    "20 categories": [block(series_chart(categories=labels(20)))],
    "a pie of 6": [block(pie(6))],
    "title of 50": [block(pie(), title="x" * 50)],
    "names of 20": [block(one_series(name="x" * 20)), block(pie(label="x" * 20))],
    "axis titles of 50": [block(series_chart(x_label="x" * 50, y_label="x" * 50))],
    "a block_id": [block(pie(), block_id="x" * 255)],
    "extreme numbers": [
        block(one_series(data=[*points(["Jan"], -1e300), *points(["Feb"], 2**62)])),
        block(one_series(data=points(["Jan", "Feb"], 0))),
    ],
    "other order": [block(one_series(data=points(["Feb", "Jan"])))],
}

INVALID: dict[str, tuple[list[Json], str, str]] = {
    "three charts": ([block(pie())] * 3, "", "no more than 2 data_visualization blocks allowed"),
    "no chart": ([{"type": "data_visualization", "title": "x"}], "/0", "missing required field"),
    "no title": ([{"type": "data_visualization", "chart": pie()}], "/0", "required field: title"),
    "unknown key": ([block(pie(), color="red")], "/0", "invalid additional property: color"),
    "title of 51": ([block(pie(), title="x" * 51)], "/0/title", "less than 51 characters"),
    "title as object": ([block(pie(), title={})], "/0/title", "must be a string"),
    "unknown chart": ([block({"type": "radar"})], "/0/chart", "unsupported type: radar"),
    "no series": ([block(series_chart(series=0))], "/0/chart/series", "no fewer than 1"),
    "7 series": ([block(series_chart(series=7))], "/0/chart/series", "no more than 6 items"),
    "21 categories": (
        [block(series_chart(categories=labels(21)))],
        "/0/chart/axis_config/categories",
        "no more than 20 items allowed",
    ),
    "no axes": (
        [block({"type": "bar", "series": series_chart()["series"]})],
        "/0/chart",
        "missing required field: axis_config",
    ),
    "axis title of 51": (
        [block(series_chart(x_label="x" * 51))],
        "/0/chart/axis_config/x_label",
        "less than 51 characters",
    ),
    "unknown key of the axes": (
        [block(series_chart(stacked=True))],
        "/0/chart/axis_config",
        "invalid additional property: stacked",
    ),
    "name of 21": (
        [block(one_series(name="x" * 21))],
        "/0/chart/series/0/name",
        "less than 21 characters",
    ),
    "category of 21": (
        [block(series_chart(categories=["x" * 21]))],
        "/0/chart/axis_config/categories/0",
        "less than 21 characters",
    ),
    "one name twice": (
        [block({**series_chart(), "series": [*series_chart()["series"]] * 2})],
        "/0/chart/series",
        "names must be unique",
    ),
    "one category twice": (
        [block(series_chart(categories=["Jan", "Jan"]))],
        "/0/chart/axis_config/categories",
        "names must be unique",
    ),
    "a missing value": (
        [block(one_series(data=points(["Jan"])))],
        "/0/chart/series/0/data",
        "labels must match the categories",
    ),
    "another label": (
        [block(one_series(data=points(["Jan", "Mar"])))],
        "/0/chart/series/0/data",
        "labels must match the categories",
    ),
    "text as value": (
        [block(one_series(data=points(["Jan", "Feb"], "1")))],
        "/0/chart/series/0/data/0/value",
        "must be a number",
    ),
    "true as value": (
        [block(one_series(data=points(["Jan", "Feb"], value=True)))],
        "/0/chart/series/0/data/1/value",
        "must be a number",
    ),
    "a pie of none": ([block(pie(0))], "/0/chart/segments", "no fewer than 1 items allowed"),
    "a pie of 7": ([block(pie(7))], "/0/chart/segments", "no more than 6 items allowed"),
    "label of 21": (
        [block(pie(label="x" * 21))],
        "/0/chart/segments/0/label",
        "less than 21 characters",
    ),
    "a segment of zero": ([block(pie(value=0))], "/0/chart/segments/0/value", "more than 0"),
    "a pie with axes": (
        [block({**pie(), "axis_config": {}})],
        "/0/chart",
        "invalid additional property: axis_config",
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_valid_charts(name: str) -> None:
    assert [str(problem) for problem in check_message(VALID[name])] == []


@pytest.mark.parametrize("name", INVALID)
def test_invalid_charts(name: str) -> None:
    blocks, pointer, text = INVALID[name]
    problems = check_message(blocks)
    found = [problem.text for problem in problems if problem.pointer == f"/blocks{pointer}"]
    assert any(text in problem for problem in found), problems


def test_views_have_no_charts() -> None:
    (problem,) = check_view(modal(block(pie())), kind="modal")
    assert problem.text == "unsupported type: data_visualization"


def test_the_error_has_the_form_of_other_blocks(web: WebClient, general: str) -> None:
    wrong = [section(), block(pie(), title="")]
    body = refusal(web.chat_postMessage, channel=general, text="x", blocks=wrong)
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == ["must be more than 0 characters [json-pointer:/blocks/1/title]"]


def test_a_workspace_that_does_not_know_charts(
    slack: Workspace, web: WebClient, general: str, ann: SimulatedUser
) -> None:
    slack.remote.add_fault("*", block="data_visualization", error="invalid_blocks", times=None)
    blocks = [section(), block(pie())]
    for _ in range(2):
        refused = error(web.chat_postMessage, channel=general, text="x", blocks=blocks)
        assert refused == "invalid_blocks"
    assert ann.messages(general) == []
    ts = web.chat_postMessage(channel=general, text="x", blocks=[section()])["ts"]
    assert error(web.chat_update, channel=general, ts=ts, text="x", blocks=blocks) == refused
    assert web.chat_postMessage(channel=general, text="x")["ok"]
