"""A plan as one JSON object on one line: `docs/commands.md` tells its keys."""

from collections.abc import Iterator
from typing import Any

from bot.core.judge import Judged
from bot.core.plan import Plan
from bot.core.usage import Look
from bot.render.json_text import dumps
from bot.render.obstacles import obstacle_words, scan_words
from bot.render.places import place
from bot.render.reason_keys import reason_as_keys
from bot.render.reasons import user_words
from bot.render.words import iso

IMAGES_A_PIECE = 1000


def plan_as_json(plan: Plan) -> Iterator[bytes]:
    """In pieces, so that a large plan is never in memory twice. The last ends the line."""
    yield dumps(place(plan.repository)._asdict())[:-1] + b',"images":['
    for start in range(0, len(plan.judged), IMAGES_A_PIECE):
        piece = plan.judged[start : start + IMAGES_A_PIECE]
        yield (b"," if start else b"") + dumps(list(map(manifest_as_entry, piece)))[1:-1]
    yield b"]," + dumps(_totals(plan))[1:] + b"\n"


def manifest_as_entry(judged: Judged) -> dict[str, Any]:
    """An entry of `images`."""
    manifest = judged.manifest
    return {
        "digest": manifest.digest,
        "tags": manifest.tags,
        "kind": manifest.kind,
        "parent": judged.parent,
        "verdict": judged.verdict,
        "reasons": [reason_as_keys(reason) for reason in judged.reasons],
        "pushed_at": iso(manifest.pushed_at),
        "pulled_at": iso(manifest.pulled_at),
        "size_bytes": manifest.size_bytes,
        "used_by": [user_words(user) for user in judged.used_by],
    }


def _totals(plan: Plan) -> dict[str, Any]:
    savings = plan.savings
    return {
        "delete": plan.delete,
        "savings": {
            "freed_bytes": savings.freed_bytes,
            "listed_bytes": savings.listed_bytes,
            "usd_per_month": savings.usd_per_month,
            "exact": savings.exact,
        },
        "complete": plan.complete,
        "problems": list(map(obstacle_words, plan.problems)),
        "usage": [
            {"source": at.source, "scope": at.scope, "images": at.images, "error": _error(at)}
            for at in plan.usage.looks
        ],
        "not_checked": plan.usage.not_checked,
        "deleted_also_in": [str(registry) for registry in plan.deleted_also_in],
    }


def _error(look: Look) -> str | None:
    return scan_words(look.problem) if look.problem else None
