"""A plan as the store returns it."""

from dataclasses import replace

from bot.core.judge import JudgedManifest
from bot.core.plan import Plan
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import Verdict


def as_stored(plan: Plan) -> Plan:
    """Has only the layers that would be freed, and users only in verdicts."""
    held = {
        blob
        for judged in plan.judged
        if judged.verdict is Verdict.KEEP
        for blob in judged.manifest.blobs or ()
    }

    def stored(judged: JudgedManifest) -> JudgedManifest:
        blobs = judged.manifest.blobs
        if blobs is not None:
            is_kept = judged.verdict is Verdict.KEEP
            blobs = () if is_kept else tuple(blob for blob in blobs if blob not in held)
        return replace(judged, manifest=replace(judged.manifest, blobs=blobs))

    usage = RepositoryUsage(
        scans=plan.usage.scans,
        not_checked=plan.usage.not_checked,
        unscanned_regions=plan.usage.unscanned_regions,
        memory=plan.usage.memory,
    )
    return replace(plan, judged=tuple(map(stored, plan.judged)), usage=usage)
