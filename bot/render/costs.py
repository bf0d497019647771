"""The columns of costs for tables, JSON and CSV. `docs/output.md` lists the keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.detailed_cost import CostSummary, DetailedCost, summarize
from bot.core.prices import StorageCost
from bot.core.repository_cost import Projection, RepositoryCost, YearlyCost
from bot.core.storage_projection import WeeklyGrowth
from bot.render.output import Column, Columns, TableColumn, place, place_columns
from bot.render.quantities import dollars, iso, size
from bot.render.terminal import ONE_LINE, ONE_LINE_NUMBER, Heading, Layout

UNKNOWN = "unknown"

_FOLDED: Layout = {"overflow": "fold"}
"""In a narrow terminal, long names are folded, so that numbers are whole."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """A repository or the sum of all, in a table. None: unknown."""

    name: str
    stored: StorageCost | None
    in_use: StorageCost | None
    rule_kept: StorageCost | None
    freeable: StorageCost | None
    freed: StorageCost
    growth: WeeklyGrowth | None
    no_cleanup: YearlyCost | None
    policy: YearlyCost | None
    tried: YearlyCost | None


def repository_row(detailed: DetailedCost) -> CostRow:
    return summary_row(detailed.cost.repository.name, summarize([detailed]))


def summary_row(name: str, summary: CostSummary) -> CostRow:
    total = summary.total
    has_size = total.unknown_size < total.repositories
    has_usage = summary.knows_usage
    return CostRow(
        name=name,
        stored=total.stored if has_size else None,
        in_use=total.in_use if has_usage else None,
        rule_kept=total.rule_kept if has_usage else None,
        freeable=total.freeable if has_usage else None,
        freed=total.freed,
        growth=total.growth,
        no_cleanup=summary.without_cleanup,
        policy=summary.with_policy,
        tried=summary.with_tried,
    )


def stored_words(cost: StorageCost | None) -> str:
    return UNKNOWN if cost is None else size(cost.bytes)


def usd_words(cost: StorageCost | None) -> str:
    """A year."""
    return UNKNOWN if cost is None else dollars(12 * cost.usd_per_month)


def growth_words(growth: WeeklyGrowth | None) -> str:
    """Of a week."""
    return UNKNOWN if growth is None else size(round(growth.expected))


def growth_range_words(growth: WeeklyGrowth | None) -> str:
    return range_words(round(growth.low), round(growth.high)) if growth else ""


def range_words(low: int, high: int) -> str:
    """`4.2 to 14 GB`, `900 MB to 1.2 GB`"""
    amount, unit = size(low).split()
    above = size(high)
    return f"{amount if above.endswith(f' {unit}') else size(low)} to {above}"


def year_words(year: YearlyCost | None) -> str:
    """The price of the 12 months."""
    return UNKNOWN if year is None else dollars(year.usd)


def _number(heading: str, words: Callable[[CostRow], str]) -> TableColumn[CostRow]:
    return TableColumn(Heading(heading, ONE_LINE_NUMBER), lambda row, _: words(row))


_NAME: TableColumn[CostRow] = TableColumn(Heading("repository", _FOLDED), lambda row, _: row.name)

_PLACE: Sequence[Column[DetailedCost, CostRow]] = place_columns(
    lambda each: place(each.cost.repository), _NAME
)

_SCAN: Sequence[Column[DetailedCost, CostRow]] = (
    Column("scanned_at", lambda each: iso(each.cost.scanned_at)),
    Column("usd_per_gb_month", None, lambda each: each.cost.price.usd),
    Column("price_source", None, lambda each: each.cost.price.source),
    Column("price_read_at", None, lambda each: iso(each.cost.price.read_at)),
)

_NOW: Sequence[Column[DetailedCost, CostRow]] = (
    Column("manifests", lambda each: each.cost.now.manifests),
    Column(
        "stored_bytes",
        lambda each: each.cost.now.stored_bytes,
        table=_number("stored", lambda row: stored_words(row.stored)),
    ),
    Column(
        "usd_per_month",
        lambda each: _usd(each.cost, each.cost.now.stored_bytes),
        table=_number("costs\na year", lambda row: usd_words(row.stored)),
    ),
    Column(
        "in_use_bytes",
        lambda each: each.cost.now.in_use_bytes,
        table=_number("in use", lambda row: stored_words(row.in_use)),
    ),
    Column(
        "kept_bytes",
        lambda each: each.cost.now.rule_kept_bytes,
        table=_number("kept by\nrules", lambda row: stored_words(row.rule_kept)),
    ),
    Column(
        "freeable_bytes",
        lambda each: each.cost.now.freeable_bytes,
        table=_number("could be\nfreed", lambda row: stored_words(row.freeable)),
    ),
    Column(
        "saving_usd_per_month",
        lambda each: _usd(each.cost, each.cost.now.freeable_bytes),
        table=_number("saves\na year", lambda row: usd_words(row.freeable)),
    ),
)

_FREED: Sequence[Column[DetailedCost, CostRow]] = (
    Column(
        "freed_bytes",
        None,
        lambda each: each.cost.freed_bytes,
        table=_number("freed\nso far", lambda row: stored_words(row.freed)),
    ),
)

_FUTURE: Sequence[Column[DetailedCost, CostRow]] = (
    Column(
        "growth_bytes_per_week",
        None,
        lambda each: _growth(each.cost, lambda growth: growth.expected),
        table=_number("growth\na week", lambda row: growth_words(row.growth)),
    ),
    Column(
        "growth_low",
        None,
        lambda each: _growth(each.cost, lambda growth: growth.low),
        table=TableColumn(
            Heading("(8 of 10)", ONE_LINE), lambda row, _: growth_range_words(row.growth)
        ),
    ),
    Column("growth_high", None, lambda each: _growth(each.cost, lambda growth: growth.high)),
    Column("no_cleanup_bytes", None, lambda each: _last(each.cost.without_cleanup)),
    Column(
        "no_cleanup_usd_of_year",
        None,
        lambda each: usd_of_year(each.cost, each.cost.without_cleanup),
        table=_number("no\ncleanup", lambda row: year_words(row.no_cleanup)),
    ),
    Column("policy_bytes", None, lambda each: _last(each.cost.with_policy)),
    Column(
        "policy_usd_of_year",
        None,
        lambda each: usd_of_year(each.cost, each.cost.with_policy),
        table=_number("today's\npolicy", lambda row: year_words(row.policy)),
    ),
)

_TRIED: Sequence[Column[DetailedCost, CostRow]] = (
    Column("tried_deletions", None, lambda each: each.tried and each.tried.deletions),
    Column("tried_freed_bytes", None, lambda each: each.tried and each.tried.freed_bytes),
    Column("tried_bytes", None, lambda each: _last(tried_projection(each))),
    Column(
        "tried_usd_of_year",
        None,
        lambda each: usd_of_year(each.cost, tried_projection(each)),
        table=_number("tried\npolicy", lambda row: year_words(row.tried)),
    ),
)

COST_COLUMNS: Columns[DetailedCost, CostRow] = Columns(
    *_PLACE, *_SCAN, *_NOW, *_FREED, *_FUTURE, *_TRIED
)


def now_columns(*, has_freed: bool) -> Columns[DetailedCost, CostRow]:
    """Half of the table, so that it fits a terminal of 80 columns."""
    return Columns(*_PLACE, *_NOW, *(_FREED if has_freed else ()))


def future_columns(*, has_tried: bool) -> Columns[DetailedCost, CostRow]:
    """The other half."""
    return Columns(*_PLACE, *_FUTURE, *(_TRIED if has_tried else ()))


def _usd(cost: RepositoryCost, number_of_bytes: int | None) -> float | None:
    """A month."""
    return None if number_of_bytes is None else cost.cost_of(number_of_bytes).usd_per_month


def _growth(cost: RepositoryCost, part: Callable[[WeeklyGrowth], float]) -> int | None:
    return round(part(cost.growth)) if cost.growth else None


def _last(projection: Projection | None) -> int | None:
    """Bytes after 12 months."""
    return projection.months[-1].stored_bytes if projection else None


def usd_of_year(cost: RepositoryCost, projection: Projection | None) -> float | None:
    return projection.usd_of_year(cost.usd_per_gb_month) if projection else None


def tried_projection(each: DetailedCost) -> Projection | None:
    return each.tried.projection if each.tried else None
