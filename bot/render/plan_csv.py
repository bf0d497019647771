"""Plans as CSV: a line a manifest."""

import csv
from typing import TextIO

from bot.core.plan import Plan
from bot.render.words import iso

COLUMNS = (
    "repository",
    "registry_id",
    "region",
    "digest",
    "tags",
    "kind",
    "parent",
    "verdict",
    "rules",
    "reasons",
    "pushed_at",
    "pulled_at",
    "pulled_lately",
    "size_bytes",
    "used_by",
)


def write_header(to: TextIO) -> None:
    csv.writer(to, lineterminator="\n").writerow(COLUMNS)


def write_plan(plan: Plan, to: TextIO) -> None:
    """Tags are parted by spaces, which no tag holds; rules, reasons and users by `; `."""
    repository = plan.repository
    place = (repository.name, repository.registry.account, repository.registry.region)
    csv.writer(to, lineterminator="\n").writerows(
        (
            *place,
            judged.manifest.digest,
            " ".join(judged.manifest.tags),
            judged.manifest.kind.value,
            judged.parent or "",
            judged.verdict.value,
            "; ".join(reason.rule.value for reason in judged.reasons),
            "; ".join(reason.detail for reason in judged.reasons),
            iso(judged.manifest.pushed_at) or "",
            iso(judged.manifest.pulled_at) or "",
            "yes" if judged.pulled_lately else "no",
            judged.manifest.size_bytes,
            "; ".join(judged.used_by),
        )
        for judged in plan.judged
    )
