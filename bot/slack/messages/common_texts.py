"""Texts that several messages share, such as account and version, or the pause."""

from collections.abc import Iterator
from datetime import datetime

from bot.core.permissions import forgets_many
from bot.core.prices import StorageCost
from bot.core.records import BOT_ACTOR, AuditEvent, AuditEventName, Pause
from bot.core.usage import UnscannedRegion
from bot.render import quantities
from bot.render.image_counts import (
    count_images,
    image_and_manifest_words,
    image_words,
    kept_words,
)
from bot.render.last_uses import short_memory_words
from bot.render.quantities import count, size, yearly
from bot.render.unmatched_tags import forgotten_words, unmatched_words
from bot.slack.action_ids import COMMAND, PlanRef
from bot.slack.mrkdwn import (
    code,
    codes,
    date,
    date_to_the_second,
    escape,
    mention,
    prose,
    shortened,
)
from bot.slack.view_models import PlanView

PROGRESS_BAR_CELLS = 20

PINS = 2
MOST_IN_PIN = 160

REGIONS = 3
MOST_REASONS = 6
MOST_IN_REASONS = 500

WHOLE_IN_HEADER = 60
"""Characters of a repository's name. Longer ones are cut in headers and are whole in the small
print."""

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


def name_in_header(view: PlanView) -> str:
    return shortened(view.plan.repository.name, WHOLE_IN_HEADER)


def headline(view: PlanView) -> str:
    """Plain text: `team/api · delete 255 images, save $41 a year`"""
    return f"{name_in_header(view)} · {effect(view)}"


def effect(view: PlanView) -> str:
    """Plain text: `delete 255 images, save $41 a year`"""
    savings = view.content.savings
    saving = quantities.saves(savings.usd_per_month, exact=savings.exact, verb="save")
    return f"delete {deletions(view)}, {saving}"


def saves(usd_per_month: float, *, exact: bool = True, verb: str = "saves") -> str:
    """`saves $41 a year`, or `no saving`."""
    return escape(quantities.saves(usd_per_month, exact=exact, verb=verb))


def cost(of: StorageCost) -> str:
    """`$41 a year (34 GB)`"""
    if not of.bytes:
        return "nothing"
    return f"{escape(yearly(of.usd_per_month))} ({size(of.bytes)})"


def progress_bar(done: int, total: int) -> str:
    """Full only if `done` equals `total`."""
    full = PROGRESS_BAR_CELLS * done // total if total else 0
    return "█" * full + "░" * (PROGRESS_BAR_CELLS - full)


def deletions(view: PlanView) -> str:
    """`255 images`"""
    return image_words(count_images(view.summary.deleted_groups))


def deletions_with_manifests(view: PlanView) -> str:
    """`255 images (1,020 manifests)`"""
    return image_and_manifest_words(count_images(view.summary.deleted_groups))


def unit(view: PlanView) -> str:
    """`image`, or `manifest` if the number of images to delete is another one."""
    return count_images(view.summary.deleted_groups).unit


def kept_by_reason(view: PlanView) -> str:
    """`3 in use · 9 newest releases`"""
    return prose(kept_words(view.summary.kept_groups, MOST_REASONS), MOST_IN_REASONS)


def freed_so_far(view: PlanView) -> str:
    return f"Freed by ecr-clean so far: {cost(view.saved)}"


def small_print(view: PlanView, *more: str) -> str:
    """Region, account, further facts, plan and version in one line."""
    plan = view.plan
    registry = plan.repository.registry
    is_cut = len(plan.repository.name) > WHOLE_IN_HEADER
    whole = [code(plan.repository.name, most=300)] if is_cut else []
    id_ = f"plan {plan.id} v{plan.version}"
    return " · ".join([*whole, registry.region, registry.account, *more, id_])


def checked(view: PlanView) -> str:
    """`all 7 sources checked today at 10:00`"""
    scanned, disabled = len(view.summary.scopes_by_source), len(view.content.usage.not_checked)
    if not scanned:
        return "no source checked"
    number = f"{scanned} of {scanned + disabled} sources"
    if not disabled:
        number = f"all {scanned} sources" if scanned > 1 else "1 source"
    return f"{number} checked {date(view.scanned_at)}"


def not_checked(view: PlanView) -> Iterator[str]:
    """Sources that the settings disable, and Regions with workloads that the settings omit."""
    usage = view.content.usage
    if disabled := usage.not_checked:
        sources = ", ".join(map(source_name, disabled))
        yield f":warning: *Not checked:* {sources}. Images used only there are not protected."
    if regions := usage.unscanned_regions:
        shown = ", ".join(map(_unscanned, regions[:REGIONS]))
        more = f" and {len(regions) - REGIONS:,} more" if len(regions) > REGIONS else ""
        yield (
            f":warning: *Regions not checked:* {shown}{more}. Images used only there are not "
            "protected: add the Regions to `usage.regions`."
        )


def _unscanned(region: UnscannedRegion) -> str:
    return f"{region.place} ({', '.join(map(source_name, region.sources))})"


def forgotten(view: PlanView) -> Iterator[str]:
    """A warning if the keep rules may have forgotten many images."""
    images = view.plan.image_groups
    if images and forgets_many(images):
        examples = codes(view.content.unmatched_tags.examples)
        yield f":warning: *{forgotten_words(images)}:* {examples}. Check the keep rules."


def unmatched(view: PlanView) -> Iterator[str]:
    """Tags that no keep rule could match, if `forgotten` does not name them."""
    tags = view.content.unmatched_tags
    if tags.count and not forgets_many(view.plan.image_groups):
        yield prose(f"{unmatched_words(tags)}.")


def short_memory(view: PlanView) -> Iterator[str]:
    """How far usage is remembered, if `used_within` needs more."""
    if words := short_memory_words(view.content.usage.memory, view.scanned_at):
        yield prose(words)


def also_deleted_in(view: PlanView) -> Iterator[str]:
    if registries := view.content.deleted_also_in:
        shown = ", ".join(map(str, registries[:5])) + (" and more" if len(registries) > 5 else "")
        yield f":warning: *Replication also deletes these images in {shown}.*"


def pinned(view: PlanView) -> Iterator[str]:
    """The first pins."""
    pins = view.summary.pins
    yield from (prose(words, MOST_IN_PIN) for words in pins[:PINS])
    if (more := len(pins) - PINS) > 0:
        yield f"… and {count(more, 'more pin')}"


def paused(pause: Pause | None) -> Iterator[str]:
    if pause:
        why = f" Reason: {prose(pause.why).rstrip('.')}." if pause.why else ""
        yield (
            f":warning: *ecr-clean is paused* by {mention(pause.by)} {date(pause.at)}.{why} No "
            f"deletion starts until `{COMMAND} resume`."
        )


def starts(at: datetime, pause: Pause | None, now: datetime) -> str:
    """When the deletion of an approved plan starts. `at`: the end of its undo window."""
    if pause:
        return "when someone resumes ecr-clean"
    return date_to_the_second(at) if at > now else "now"


def by_whom(event: AuditEvent | None, name: AuditEventName) -> str:
    """` by @ann today at 9:00`; empty unless the event is the last one."""
    if event is None or event.event is not name:
        return ""
    who = "" if event.by == BOT_ACTOR else f" by {mention(event.by)}"
    return f"{who} {date(event.at)}"
