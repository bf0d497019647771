"""Plans as CSV: a line a manifest."""

from collections.abc import Iterator

from bot.core.judge import Judged
from bot.core.plan import Plan
from bot.core.repository import RepositoryId
from bot.render.places import Place, place
from bot.render.reasons import reason_words, user_words
from bot.render.words import iso

COLUMNS = (
    *Place._fields,
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


def plan_as_rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    for judged in plan.judged:
        yield manifest_as_row(plan.repository, judged)


def manifest_as_row(repository: RepositoryId, judged: Judged) -> tuple[object, ...]:
    """Tags are parted by spaces, which no tag holds; rules, reasons and users by `; `."""
    manifest = judged.manifest
    return (
        *place(repository),
        manifest.digest,
        " ".join(manifest.tags),
        manifest.kind.value,
        judged.parent,
        judged.verdict.value,
        "; ".join(reason.rule.value for reason in judged.reasons),
        "; ".join(map(reason_words, judged.reasons)),
        iso(manifest.pushed_at),
        iso(manifest.pulled_at),
        "yes" if judged.pulled_lately else "no",
        manifest.size_bytes,
        "; ".join(map(user_words, judged.used_by)),
    )
