"""The cost calculator's result as sentences, table, JSON and CSV."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.core.cost_estimate import CostEstimate, EstimatedMonth, EstimatedStorage
from bot.render.output import Column, Columns, TableColumn, dumps
from bot.render.quantities import count, dollars, size
from bot.render.terminal import ONE_LINE_NUMBER, Heading, section, shown, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType

StorageOf = Callable[[EstimatedMonth], EstimatedStorage]


def _storage_columns(
    key: str, storage_of: StorageOf
) -> Iterator[Column[EstimatedMonth, EstimatedMonth]]:
    """Bytes and USD. `key`: the end of their keys, and the heading of the bytes."""
    yield Column(
        f"bytes_{key}",
        lambda month: storage_of(month).stored_bytes,
        table=TableColumn(
            Heading(key.replace("_", " "), ONE_LINE_NUMBER),
            lambda month, _: size(storage_of(month).stored_bytes),
        ),
    )
    yield Column(
        f"usd_{key}",
        lambda month: storage_of(month).usd,
        table=TableColumn(
            Heading("cost", ONE_LINE_NUMBER), lambda month, _: dollars(storage_of(month).usd)
        ),
    )


MONTH_COLUMNS: Columns[EstimatedMonth, EstimatedMonth] = Columns(
    Column(
        "month",
        lambda month: month.number,
        table=TableColumn(Heading("month", ONE_LINE_NUMBER), lambda month, _: str(month.number)),
    ),
    *_storage_columns("without_cleanup", lambda month: month.without_cleanup),
    *_storage_columns("with_cleanup", lambda month: month.with_cleanup),
)


def saving_words(estimate: CostEstimate) -> str:
    """`Keeping 15 images saves $609 in 12 months`"""
    kept = count(estimate.inputs.kept_images, "image")
    saved = dollars(estimate.usd_saved) if estimate.usd_saved > 0 else "nothing"
    return f"Keeping {kept} saves {saved} in {count(estimate.inputs.months, 'month')}"


def without_cleanup_words(estimate: CostEstimate) -> str:
    """`Without cleanup: 1.04 TB after 12 months, $102 in month 12, $612 in all`"""
    storage = _storage_words(estimate, estimate.months[-1].without_cleanup)
    return f"Without cleanup: {storage}, {dollars(estimate.usd_without_cleanup)} in all"


def with_cleanup_words(estimate: CostEstimate) -> str:
    storage = _storage_words(estimate, estimate.months[-1].with_cleanup)
    return f"With cleanup: {storage}, {dollars(estimate.usd_with_cleanup)} in all"


def assumption_words(estimate: CostEstimate) -> Iterator[str]:
    inputs = estimate.inputs
    builds = "build" if inputs.builds_per_day == 1 else "builds"
    yield (
        f"Assumes {inputs.builds_per_day:,g} {builds} a day, images of {size(inputs.image_bytes)} "
        f"of which {100 * inputs.new_share:.4g}% is new, and the default price of "
        f"{dollars(estimate.usd_per_gb_month)} per GB a month."
    )
    yield (
        "Assumes a cleanup after each build. Weekly cleanup stores up to "
        f"{size(inputs.new_bytes_per_week)} more."
    )


def estimate_as_text(estimate: CostEstimate, now: datetime) -> "RenderableType":
    """The saving first."""
    return stacked(
        shown(f"{saving_words(estimate)}.", style="bold"),
        shown(f"{without_cleanup_words(estimate)}."),
        shown(f"{with_cleanup_words(estimate)}."),
        section(MONTH_COLUMNS.as_table(estimate.months, now)),
        shown(""),
        *(shown(words, style="dim") for words in assumption_words(estimate)),
    )


def estimate_as_line(estimate: CostEstimate) -> Iterator[bytes]:
    """JSON, one object on a line."""
    yield dumps(_as_object(estimate)) + b"\n"


def months_as_rows(estimate: CostEstimate) -> Iterable[Iterable[object]]:
    """For CSV."""
    return map(MONTH_COLUMNS.as_row, estimate.months)


def _storage_words(estimate: CostEstimate, last: EstimatedStorage) -> str:
    months = estimate.inputs.months
    return (
        f"{size(last.stored_bytes)} after {count(months, 'month')}, {dollars(last.usd)} in month "
        f"{months}"
    )


def _as_object(estimate: CostEstimate) -> dict[str, Any]:
    inputs = estimate.inputs
    return {
        "image_bytes": inputs.image_bytes,
        "new_share": inputs.new_share,
        "builds_per_day": inputs.builds_per_day,
        "keep": inputs.kept_images,
        "usd_per_gb_month": estimate.usd_per_gb_month,
        "usd_without_cleanup": estimate.usd_without_cleanup,
        "usd_with_cleanup": estimate.usd_with_cleanup,
        "months": [MONTH_COLUMNS.as_object(month) for month in estimate.months],
    }
