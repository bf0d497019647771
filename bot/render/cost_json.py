"""Costs as JSON. `docs/output.md` lists the keys."""

from collections.abc import Iterator
from typing import Any

from bot.core.detailed_cost import DetailedCost
from bot.core.repository_cost import Projection, RepositoryCost, TriedCost
from bot.core.storage_breakdown import LargeLayer, StorageBreakdown
from bot.core.storage_history import StorageDay
from bot.core.storage_projection import WeeklyGrowth
from bot.render.costs import COST_COLUMNS, tried_projection, usd_of_year
from bot.render.output import dumps
from bot.render.quantities import iso

SEVERAL_KINDS = "several"
"""The kind of blobs that several kinds have."""


def cost_as_line(detailed: DetailedCost) -> Iterator[bytes]:
    """JSON, one object on a line."""
    yield dumps(COST_COLUMNS.as_object(detailed) | _parts_as_object(detailed)) + b"\n"


def _parts_as_object(detailed: DetailedCost) -> dict[str, Any]:
    cost = detailed.cost
    return {
        "price": {
            "usd_per_gb_month": cost.price.usd,
            "source": cost.price.source,
            "read_at": iso(cost.price.read_at),
        },
        "copies": [
            {"registry": str(copy.registry), "usd_per_gb_month": copy.price.usd}
            for copy in cost.copies
        ],
        "growth": _growth_as_object(cost.growth) if cost.growth else None,
        "history": list(map(_day_as_object, cost.weeks)),
        "projections": {
            "no_cleanup": _projection_as_object(cost, cost.without_cleanup),
            "policy": _projection_as_object(cost, cost.with_policy),
            "tried": _projection_as_object(cost, tried_projection(detailed)),
        },
        "tried": _tried_as_object(detailed.tried) if detailed.tried else None,
        "freed": [
            {"plan": run.plan, "at": iso(run.at), "freed_bytes": run.freed_bytes}
            for run in cost.runs
        ],
        "kinds": _kinds_as_objects(detailed.breakdown),
        "largest_layers": list(map(_layer_as_object, detailed.breakdown.largest_layers)),
    }


def _growth_as_object(growth: WeeklyGrowth) -> dict[str, int]:
    """Bytes a week."""
    return {
        "expected": round(growth.expected),
        "low": round(growth.low),
        "high": round(growth.high),
    }


def _day_as_object(day: StorageDay) -> dict[str, Any]:
    return {
        "at": iso(day.at),
        "measured": day.is_measured,
        "stored_bytes": day.stored_bytes,
        "in_use_bytes": day.in_use_bytes,
        "kept_bytes": day.rule_kept_bytes,
        "freeable_bytes": day.freeable_bytes,
    }


def _projection_as_object(
    cost: RepositoryCost, projection: Projection | None
) -> dict[str, Any] | None:
    if projection is None:
        return None
    return {
        "months": [
            {
                "month": month.number,
                "stored_bytes": month.stored_bytes,
                "low": month.low_bytes,
                "high": month.high_bytes,
            }
            for month in projection.months
        ],
        "usd_of_year": usd_of_year(cost, projection),
    }


def _tried_as_object(tried: TriedCost) -> dict[str, Any]:
    return {"keep": tried.keep, "deletions": tried.deletions, "freed_bytes": tried.freed_bytes}


def _kinds_as_objects(breakdown: StorageBreakdown) -> list[dict[str, Any]]:
    kinds = [
        {
            "kind": str(each.kind),
            "images": each.images,
            "manifests": each.manifests,
            "stored_bytes": each.stored_bytes,
        }
        for each in breakdown.kinds
    ]
    if not breakdown.shared_bytes:
        return kinds
    shared = {"images": 0, "manifests": 0, "stored_bytes": breakdown.shared_bytes}
    return [*kinds, {"kind": SEVERAL_KINDS, **shared}]


def _layer_as_object(layer: LargeLayer) -> dict[str, Any]:
    return {
        "digest": layer.digest,
        "size_bytes": layer.size_bytes,
        "manifests": layer.manifests,
        "images": layer.images,
        "state": layer.state,
        "examples": [name.tag or name.digest for name in layer.examples],
    }
