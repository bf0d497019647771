"""Comparisons of settings as JSON and CSV. `docs/output.md` lists the keys."""

from collections.abc import Iterator
from typing import Any

from bot.core.plan_comparison import ChangedManifest, ComparedPlan, ImageChanges, SettingsComparison
from bot.render.hints import Surface
from bot.render.output import Column, Columns, dumps, place, place_columns
from bot.render.plan_problem_sentences import plan_problem_words
from bot.render.plans import MANIFEST_COLUMNS, savings_as_keys, unmatched_as_keys

OTHER = "file_"
"""The prefix of keys for the other settings."""

_VERDICT_KEYS = ("verdict", "rules", "reasons", "used_by")

_PLACE: Columns[SettingsComparison, Any] = Columns(
    *place_columns(lambda comparison: place(comparison.repository))
)

CHANGED_COLUMNS: Columns[ChangedManifest, Any] = Columns(
    *MANIFEST_COLUMNS.through(lambda changed: changed.deleted, ("digest", "tags", "kind")),
    Column("change", lambda changed: changed.change),
    *MANIFEST_COLUMNS.through(lambda changed: changed.in_force, _VERDICT_KEYS),
    *MANIFEST_COLUMNS.through(lambda changed: changed.other, _VERDICT_KEYS, OTHER),
    *MANIFEST_COLUMNS.through(
        lambda changed: changed.deleted,
        ("pushed_at", "pulled_at", "pulled_lately", "size_bytes"),
    ),
)
"""The entries of `images`, and the lines of CSV."""

COMPARISON_HEADER = (*_PLACE.header, *CHANGED_COLUMNS.header)


def comparison_as_rows(comparison: SettingsComparison) -> Iterator[tuple[object, ...]]:
    """A row for each manifest with another verdict."""
    for changed in changed_manifests(comparison):
        yield (*_PLACE.as_row(comparison), *CHANGED_COLUMNS.as_row(changed))


def comparison_as_line(comparison: SettingsComparison) -> Iterator[bytes]:
    """JSON, one object on a line."""
    difference = comparison.freed_difference
    found = {
        **_PLACE.as_object(comparison),
        "coverage": comparison.coverage,
        "images": list(map(CHANGED_COLUMNS.as_object, changed_manifests(comparison))),
        "more_deleted": _changes_as_keys(comparison.more_deleted),
        "more_kept": _changes_as_keys(comparison.more_kept),
        "difference": {
            "freed_bytes": difference.bytes,
            "usd_per_month": difference.usd_per_month,
        },
        **_plan_as_keys(comparison.in_force),
        **{f"{OTHER}{key}": value for key, value in _plan_as_keys(comparison.other).items()},
    }
    yield dumps(found) + b"\n"


def changed_manifests(comparison: SettingsComparison) -> Iterator[ChangedManifest]:
    for group in (*comparison.more_deleted.groups, *comparison.more_kept.groups):
        yield from group.members


def _changes_as_keys(changes: ImageChanges) -> dict[str, Any]:
    return {
        "images": len(changes.groups),
        "manifests": sum(len(group.members) for group in changes.groups),
        "freed_bytes": changes.freed_bytes,
        "usd_per_month": changes.usd_per_month,
        "exact": changes.exact,
    }


def _plan_as_keys(plan: ComparedPlan) -> dict[str, Any]:
    return {
        "savings": savings_as_keys(plan.savings),
        "usd_per_gb_month": plan.price.usd,
        "complete": not plan.problems,
        "unmatched_tags": unmatched_as_keys(plan.unmatched_tags),
        "problems": [plan_problem_words(each, Surface.TERMINAL) for each in plan.problems],
        "not_checked": plan.usage.not_checked,
    }
