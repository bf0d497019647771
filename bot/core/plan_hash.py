"""The hash of what people consent to when they approve a plan."""

import hashlib
import json
from typing import Any

from bot.core.judge import Judged
from bot.core.plan import Plan
from bot.core.usage import Look


def content_hash(plan: Plan) -> str:
    """SHA-256 in hex of the verdicts, the order of deletion and what the evidence rests on.

    Wording, times, users, sizes and savings may change without a new version. Where order means
    nothing it is none: the hash of a plan that was stored and read again is the same.
    """
    content: dict[str, Any] = {
        "repository": plan.repository.uri,
        "manifests": sorted(map(_verdict, plan.judged)),
        "delete": plan.delete,
        "looks": sorted(set(map(_look, plan.usage.looks))),
        "not_checked": sorted(set(plan.usage.not_checked)),
        "deleted_also_in": sorted(set(map(str, plan.deleted_also_in))),
        "complete": plan.complete,
    }
    if unseen := plan.usage.unscanned_regions:
        content["unscanned_regions"] = sorted((str(each.place), each.sources) for each in unseen)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _look(look: Look) -> tuple[Any, ...]:
    """With the number of workloads that people are asked to confirm."""
    doubted = (look.doubt.workloads,) if look.doubt else ()
    return (look.source, look.scope, look.failure is not None, *doubted)


def _verdict(judged: Judged) -> tuple[Any, ...]:
    return (
        judged.manifest.digest,
        sorted(judged.manifest.tags),
        judged.verdict,
        sorted({reason.rule for reason in judged.reasons}),
        judged.parent,
        judged.pulled_lately,
    )
