"""Texts that several messages share, such as account and version, or the pause."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.core.records import BOT_ACTOR, AuditEvent, AuditEventName, Pause
from bot.core.savings import usd_per_month
from bot.core.usage import UnscannedRegion
from bot.render.plan_summary import PlanSummary
from bot.render.quantities import count, money, size
from bot.slack.action_ids import COMMAND, PlanRef
from bot.slack.messages.block_kit import MOST_IN_HEADER, and_more
from bot.slack.mrkdwn import code, date, mention, prose
from bot.slack.view_models import PlanView

PROGRESS_BAR_CELLS = 20

PINS = 3
MOST_IN_PIN = 200

REGIONS = 5
MOST_REASONS = 8
MOST_IN_REASON = 80

SOURCE_NAMES = {
    "ecs": "ECS",
    "lambda": "Lambda",
    "kubernetes": "Kubernetes",
    "app_runner": "App Runner",
    "batch": "Batch",
    "sagemaker": "SageMaker",
    "codebuild": "CodeBuild",
    "files": "files",
}


def ref(view: PlanView, detail: str = "") -> PlanRef:
    return PlanRef(view.plan.id, view.plan.version, detail)


def source_name(source: str) -> str:
    return SOURCE_NAMES.get(source) or prose(source)


def repository(view: PlanView) -> str:
    return code(view.plan.repository.name)


def a_month_and_a_year(usd: float) -> str:
    return f"{money(usd)} a month ({money(12 * usd)} a year)"


def cost(number_of_bytes: int, usd_per_gb_month: float) -> str:
    """USD per GB per month."""
    usd = usd_per_month(number_of_bytes, usd_per_gb_month)
    return f"{money(usd)} a month ({size(number_of_bytes)})"


def progress_bar(done: int, total: int) -> str:
    """Full only if `done` equals `total`."""
    full = PROGRESS_BAR_CELLS * done // total if total else 0
    return "█" * full + "░" * (PROGRESS_BAR_CELLS - full)


def deletions(view: PlanView) -> str:
    """`40 of 100 manifests`"""
    return f"{view.plan.deletions:,} of {count(view.plan.manifests, 'manifest')}"


def kept_by_reason(summary: PlanSummary) -> str:
    """Reasons to keep images, each with its number; most frequent first."""
    reasons = [f"{n:,} {prose(reason, MOST_IN_REASON)}" for reason, n in summary.kept_by_reason]
    others = sum(number for _, number in summary.kept_by_reason[MOST_REASONS:])
    shown = ", ".join(reasons[:MOST_REASONS])
    return shown + (f", {others:,} for other reasons" if others else "")


def freed_so_far(view: PlanView) -> str:
    usd = usd_per_month(view.saved_bytes, view.usd_per_gb_month)
    return f"Freed by ecr-clean so far: {size(view.saved_bytes)}, {money(usd)} a month."


def place_and_version(view: PlanView) -> str:
    """Account, Region, plan and version."""
    plan = view.plan
    registry = plan.repository.registry
    cut_in_header = len(plan.repository.name) > MOST_IN_HEADER
    whole = f"{code(plan.repository.name, most=300)} · " if cut_in_header else ""
    return f"{whole}{registry.account} · {registry.region} · plan {plan.id}, version {plan.version}"


def checked(view: PlanView, scopes: Mapping[str, int]) -> Iterator[str]:
    """The scanned sources. `scopes`: number of scopes by source."""
    if scopes:
        sources = ", ".join(
            source_name(source) + (f" ({number:,} scopes)" if number > 1 else "")
            for source, number in scopes.items()
        )
        yield f"Checked for use {date(view.scanned_at)}: {sources}."


def not_checked(view: PlanView) -> Iterator[str]:
    """Sources that the settings disable, and Regions with workloads that the settings omit."""
    usage = view.content.usage
    if disabled := usage.not_checked:
        sources = ", ".join(map(source_name, disabled))
        yield f"*Not checked:* {sources}. Images used only there are not protected."
    if regions := usage.unscanned_regions:
        shown = ", ".join(map(_unscanned, regions[:REGIONS]))
        more = f" and {len(regions) - REGIONS:,} more" if len(regions) > REGIONS else ""
        yield (
            f"*Regions not checked:* {shown}{more}. Images used only there are not protected: add "
            "the Regions to `usage.regions`."
        )


def _unscanned(region: UnscannedRegion) -> str:
    return f"{region.place} ({', '.join(map(source_name, region.sources))})"


def also_deleted_in(view: PlanView) -> Iterator[str]:
    if registries := view.content.deleted_also_in:
        shown = ", ".join(map(str, registries[:5])) + (" and more" if len(registries) > 5 else "")
        yield f":warning: *Replication also deletes these images in {shown}.*"


def pinned(summary: PlanSummary) -> Iterator[str]:
    """The first pins."""
    yield from (f"• {prose(words, MOST_IN_PIN)}" for words in summary.pins[:PINS])
    yield from and_more(len(summary.pins) - PINS)


def paused(pause: Pause | None) -> Iterator[str]:
    if pause:
        why = f" ({prose(pause.why)})" if pause.why else ""
        yield (
            f":warning: *ecr-clean is paused* by {mention(pause.by)} {date(pause.at)}{why}: no "
            f"deletion starts until `{COMMAND} resume`."
        )


def starts(at: datetime, pause: Pause | None, now: datetime) -> str:
    """When the deletion of an approved plan starts. `at`: the end of its undo window."""
    if pause:
        return "when someone resumes ecr-clean"
    return date(at) if at > now else "now"


def by_whom(event: AuditEvent | None, name: AuditEventName) -> str:
    """` by @ann today at 9:00`; empty unless the event is the last one."""
    if event is None or event.event is not name:
        return ""
    who = "" if event.by == BOT_ACTOR else f" by {mention(event.by)}"
    return f"{who} {date(event.at)}"
