"""The list of a digest: one row for each repository of the round."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.core.digests import DigestReport
from bot.core.prices import RegionPrices
from bot.core.records import PlanRecord
from bot.core.report_schedules import ScheduledReport
from bot.render.errors import failure_words
from bot.render.output import Column, Columns, place_columns, place_of


class ListedReport(NamedTuple):
    """`plan`: None if there is nothing to decide on. `usd_per_month`: its saving, or that of a
    report that is only summarized; None if unknown."""

    report: ScheduledReport
    plan: PlanRecord | None
    usd_per_month: float | None


LIST_COLUMNS: Columns[ListedReport, ListedReport] = Columns(
    *place_columns(lambda each: place_of(each.report.repository)),
    Column("outcome", lambda each: each.report.outcome or "pending"),
    Column("usd_per_month", lambda each: each.usd_per_month),
    Column("plan", lambda each: each.plan and each.plan.id),
    Column("version", lambda each: each.plan and each.plan.version),
    Column("state", lambda each: each.plan and each.plan.state),
    Column("complete", lambda each: each.plan and each.plan.complete),
    Column("images", lambda each: _image_groups(each)[0]),
    Column("images_to_delete", lambda each: _image_groups(each)[1]),
    Column("recent_pulls", lambda each: _image_groups(each)[2]),
    Column("images_forgotten", lambda each: _image_groups(each)[3]),
    Column("manifests", lambda each: each.plan and each.plan.manifests),
    Column("deletions", lambda each: each.plan and each.plan.deletions),
    Column("freed_bytes", lambda each: each.plan and each.plan.freed_bytes),
    Column("error", lambda each: each.report.error and failure_words(each.report.error)),
)
"""The columns of the CSV file."""


def listed_reports(reports: Iterable[DigestReport], prices: RegionPrices) -> Iterable[ListedReport]:
    """Those with the largest savings first."""
    listed = (ListedReport(*each, _usd_per_month(each, prices)) for each in reports)
    return sorted(listed, key=lambda each: (-(each.usd_per_month or 0.0), each.report.repository))


def _usd_per_month(each: DigestReport, prices: RegionPrices) -> float | None:
    report, plan = each
    if plan:
        return prices.cost_of(plan.repository, plan.freed_bytes).usd_per_month
    return None if report.error or report.outcome is None else report.usd


def _image_groups(each: ListedReport) -> tuple[int | None, ...]:
    """As in `ImageGroupCounts`. Unknown in plans of earlier versions of the bot."""
    return (each.plan and each.plan.image_groups) or (None, None, None, None)
