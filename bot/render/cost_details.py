"""Costs in a terminal: tables of several repositories, and all details of one."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.detailed_cost import CostSummary, DetailedCost, StorageWeek, storage_week, summarize
from bot.core.repository_cost import RepositoryCost
from bot.core.storage_breakdown import LargeLayer, LayerState, StorageBreakdown, StorageKind
from bot.core.storage_history import RunFreed
from bot.core.text_formatting import format_time, short_digest
from bot.render.cost_sentences import (
    FREEABLE,
    IN_USE,
    KEPT,
    LAST_WEEKS,
    NEXT_MONTHS,
    NO_CLEANUP,
    POLICY,
    TRIED,
    headline_words,
    past_words,
    source_words,
    tried_words,
)
from bot.render.costs import (
    UNKNOWN,
    CostRow,
    future_columns,
    growth_range_words,
    growth_words,
    now_columns,
    range_words,
    repository_row,
    summary_row,
)
from bot.render.quantities import dollars, size
from bot.render.storage_bars import legend, parts_of, storage_bar
from bot.render.terminal import (
    ONE_LINE,
    ONE_LINE_NUMBER,
    REST_OF_LINE,
    ROWS,
    Heading,
    how_many_more,
    section,
    shown,
    stacked,
    table,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.core.repository_cost import YearlyCost

EXAMPLES = 2
"""How many images of a layer are named, so that a line fits a terminal of 80 columns."""

KINDS = {
    StorageKind.MULTI_ARCH: "multi-arch images",
    StorageKind.SNAPSHOT: "snapshots",
    StorageKind.IMAGE: "other tagged images",
    StorageKind.UNTAGGED: "untagged images",
    StorageKind.ARTIFACT: "artifacts",
    StorageKind.REFERRER: "signatures and other referrers",
    StorageKind.ARCHIVED: "archived images",
}

LAYER_STATES = {
    LayerState.IN_USE: IN_USE,
    LayerState.KEPT: KEPT,
    LayerState.FREEABLE: FREEABLE,
}


def costs_as_text(costs: Sequence[DetailedCost], now: datetime) -> "RenderableType":
    """`costs`: at least one."""
    summary = summarize(costs)
    if len(costs) > 1:
        return stacked(
            _headline(summary),
            *_tables(summary, now),
            *_past(summary.weeks),
            *_sources(summary),
        )
    (one,) = costs
    return stacked(
        _headline(summary),
        *_now(one.cost, storage_week([one.cost.now])),
        *_past(summary.weeks),
        *_future(repository_row(one), summary),
        *_kinds(one.breakdown),
        *_layers(one.breakdown.largest_layers),
        *_runs(one.cost.runs),
        *_sources(summary),
    )


def _headline(summary: CostSummary) -> "RenderableType":
    return shown(headline_words(summary), style="bold")


def _tables(summary: CostSummary, now: datetime) -> Iterator["RenderableType"]:
    largest = sorted(summary.costs, key=lambda each: each.cost.now.stored_bytes or 0, reverse=True)
    rows = [*map(repository_row, largest[:ROWS]), summary_row("all", summary)]
    present = now_columns(has_freed=bool(summary.total.freed.bytes))
    more = how_many_more(len(summary.costs), "--format csv lists all")
    yield section(present.as_table(rows, now), *more)
    future = future_columns(has_tried=summary.has_tried)
    yield section(
        shown("What the next 12 months cost", style="dim"),
        future.as_table(rows, now),
        *_tried(summary),
    )


def _now(cost: RepositoryCost, week: StorageWeek) -> Iterator["RenderableType"]:
    if not week.stored_bytes:
        return
    rows = [
        (part.name, *_cells(cost, held), storage_bar([(part, held)], week.stored_bytes))
        for part, held in parts_of(week)
    ]
    if len(rows) > 1:
        rows.append(("all", *_cells(cost, week.stored_bytes), shown("")))
    headings = [
        Heading("Now", ONE_LINE),
        Heading("", ONE_LINE_NUMBER),
        Heading("a year", ONE_LINE_NUMBER),
        Heading(""),
    ]
    yield section(table(headings, rows))


def _cells(cost: RepositoryCost, number_of_bytes: int) -> tuple[str, str]:
    stored = cost.cost_of(number_of_bytes)
    return size(stored.bytes), dollars(12 * stored.usd_per_month)


def _past(weeks: Sequence[StorageWeek]) -> Iterator["RenderableType"]:
    largest = max((week.stored_bytes for week in weeks), default=0)
    if not largest:
        return
    rows = [
        (
            f"{week.at:%b} {week.at.day}",
            size(week.stored_bytes) if week.is_known else UNKNOWN,
            storage_bar(parts_of(week), largest),
        )
        for week in weeks
    ]
    headings = [
        Heading(LAST_WEEKS, ONE_LINE),
        Heading("stored", ONE_LINE_NUMBER),
        Heading(""),
    ]
    notes = (shown(words, style="dim") for words in past_words(weeks))
    yield section(table(headings, rows), legend(weeks), *notes)


def _known(number_of_bytes: int | None) -> str:
    return UNKNOWN if number_of_bytes is None else size(number_of_bytes)


def _future(row: CostRow, summary: CostSummary) -> Iterator["RenderableType"]:
    scenarios = [(NO_CLEANUP, row.no_cleanup), (POLICY, row.policy)]
    if summary.has_tried:
        scenarios.append((TRIED, row.tried))
    headings = [
        Heading(NEXT_MONTHS, ONE_LINE),
        Heading("cost", ONE_LINE_NUMBER),
        Heading("stored then", ONE_LINE_NUMBER),
        Heading("range (8 of 10)", ONE_LINE),
    ]
    rows = [(name, *_year_cells(year)) for name, year in scenarios]
    notes = list(_tried(summary))
    if row.growth:
        within = growth_range_words(row.growth)
        growth = f"Growth a week: {growth_words(row.growth)} (8 of 10: {within})"
        notes = [shown(growth, style="dim"), *notes]
    yield section(table(headings, rows), *notes)


def _year_cells(year: "YearlyCost | None") -> tuple[str, str, str]:
    if year is None:
        return (UNKNOWN, UNKNOWN, "")
    last = year.projection.months[-1]
    within = range_words(last.low_bytes, last.high_bytes)
    return dollars(year.usd), size(last.stored_bytes), within


def _tried(summary: CostSummary) -> Iterator["RenderableType"]:
    if summary.has_tried:
        yield shown(tried_words(summary))


def _kinds(breakdown: StorageBreakdown) -> Iterator["RenderableType"]:
    if not breakdown.kinds:
        return
    rows = [
        (KINDS[each.kind], f"{each.images:,}", f"{each.manifests:,}", _known(each.stored_bytes))
        for each in breakdown.kinds
    ]
    if breakdown.shared_bytes:
        rows.append(("shared by several of these", "", "", size(breakdown.shared_bytes)))
    headings = [
        Heading("What takes the storage", ONE_LINE),
        Heading("images", ONE_LINE_NUMBER),
        Heading("manifests", ONE_LINE_NUMBER),
        Heading("stored", ONE_LINE_NUMBER),
    ]
    yield section(table(headings, rows))


def _layers(layers: Sequence[LargeLayer]) -> Iterator["RenderableType"]:
    if not layers:
        return
    headings = [
        Heading("The largest layers", ONE_LINE),
        Heading("size", ONE_LINE_NUMBER),
        Heading("", ONE_LINE),
        Heading("in images", ONE_LINE_NUMBER),
        Heading("such as", REST_OF_LINE),
    ]
    yield section(table(headings, map(_layer_cells, layers)))


def _layer_cells(layer: LargeLayer) -> Sequence[str]:
    examples = layer.examples[:EXAMPLES]
    names = ", ".join(name.tag or short_digest(name.digest) for name in examples)
    return (
        short_digest(layer.digest),
        size(layer.size_bytes),
        LAYER_STATES[layer.state],
        f"{layer.images:,}",
        names,
    )


def _runs(runs: Sequence[RunFreed]) -> Iterator["RenderableType"]:
    if not runs:
        return
    newest = [*reversed(runs)]
    rows = [(run.plan, format_time(run.at), size(run.freed_bytes)) for run in newest[:ROWS]]
    headings = [
        Heading("Freed by plan", ONE_LINE),
        Heading("at", ONE_LINE),
        Heading("freed", ONE_LINE_NUMBER),
    ]
    yield section(table(headings, rows), *how_many_more(len(runs), "--format json lists all"))


def _sources(summary: CostSummary) -> Iterator["RenderableType"]:
    """Where the numbers are from."""
    yield shown("")
    for words in source_words(summary):
        yield shown(words, style="dim")
