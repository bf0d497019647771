"""The report on a proposed plan: savings, risks, what it keeps, and the buttons to decide on it."""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.core.audit_details import ImagesKeptByPins
from bot.core.permissions import why_unapprovable
from bot.core.records import AuditEventName
from bot.render.audit_events import detail_words
from bot.render.quantities import compared, count, freed_of_all, size, yearly
from bot.render.refusals import refusal_words
from bot.slack.action_ids import (
    APPROVE_PLAN,
    DISMISS_PLAN,
    PIN_TAGS,
    SHOW_IMAGES,
)
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.approval_dialogs import approval_dialog
from bot.slack.messages.block_kit import button, context, header, message, section
from bot.slack.messages.common_texts import cost
from bot.slack.messages.recent_pulls import pulled_number, recent_pulls
from bot.slack.mrkdwn import (
    channel_link,
    codes,
    date,
    day,
    escape,
    mention,
    mentions,
    pretty_day,
    prose,
)
from bot.slack.view_models import PlanView


def report(view: PlanView) -> MessageContent:
    obstacle = _obstacle(view)
    return message(
        _text(view, obstacle),
        header(common_texts.headline(view)),
        section(" ".join(_effect(view))),
        *_news(view),
        *_warnings(view),
        *recent_pulls(view),
        section(_kept(view)),
        *_notes(view),
        *([section(obstacle)] if obstacle else []),
        ActionsBlock(elements=[*_buttons(view, is_approvable=obstacle is None)]),
        context(_small_print(view)),
    )


def _text(view: PlanView, obstacle: str | None) -> str:
    name = escape(view.plan.repository.name)
    number = len(view.summary.recent_pulls)
    pulled = f" {pulled_number(number)} pulled recently." if number else ""
    end = obstacle or f"Open until {date(view.plan.expires_at)}."
    return f"{name}: {escape(common_texts.effect(view))}.{pulled} {end}"


def _effect(view: PlanView) -> Iterator[str]:
    """What the plan frees, and what only usage keeps. Says that nothing in use is deleted only if
    all sources were checked."""
    yield _freed(view)
    usage = view.content.usage
    is_checked = view.content.checked and not (usage.not_checked or usage.unscanned_regions)
    number = len(view.summary.kept_only_by_use)
    kept = "1 old image is kept only because a workload uses it"
    if number != 1:
        kept = f"{number:,} old images are kept only because workloads use them"
    if is_checked:
        yield f"Nothing in use is deleted{f': {kept}' if number else ''}."
    elif number:
        yield f"{kept}."


def _freed(view: PlanView) -> str:
    """With the number of manifests if it is not that of the images."""
    savings = view.content.savings
    freed = freed_of_all(savings) if savings.freed_bytes else "nothing"
    images = common_texts.deletions(view)
    with_manifests = common_texts.deletions_with_manifests(view)
    if images == with_manifests:
        return f"Frees {freed}."
    return f"Deletes {with_manifests} and frees {freed}."


def _news(view: PlanView) -> Iterator[Block]:
    """Why the plan is proposed again."""
    last = view.last_event
    if view.why_not_started:
        yield section(
            ":warning: *Approved, but the deletion could not start:* "
            f"{prose(view.why_not_started).rstrip('.')}. Nothing was deleted. Approve the plan "
            "again to retry."
        )
    elif last and last.event is AuditEventName.STOPPED:
        yield section(
            f"Stopped by {mention(last.by)} {date(last.at)}, before anything was deleted. "
            "Approve the plan again to delete."
        )


def _warnings(view: PlanView) -> Iterator[Block]:
    lines = [
        *common_texts.forgotten(view),
        *common_texts.also_deleted_in(view),
        *common_texts.not_checked(view),
        *common_texts.paused(view.pause),
    ]
    if lines:
        yield section(*lines)


def _kept(view: PlanView) -> str:
    number = len(view.summary.kept_groups)
    if not number:
        return "*Keeps nothing.*"
    return f"*Keeps {number:,}:* {common_texts.kept_by_reason(view)}"


def _notes(view: PlanView) -> Iterator[Block]:
    """What changed since the last scan, and by users: pins, and approvals if it takes several."""
    lines = [
        *_history(view),
        *common_texts.unmatched(view),
        *common_texts.short_memory(view),
        *common_texts.pinned(view),
        *_change(view),
        *_approvals(view),
    ]
    if lines:
        yield context(*lines)


def _history(view: PlanView) -> Iterator[str]:
    """What changed since the last scan of an earlier day, and what the bot saved so far."""
    facts = [*_since_last_scan(view), *_saved_so_far(view)]
    if facts:
        yield " ".join(facts)


def _since_last_scan(view: PlanView) -> Iterator[str]:
    last, stored = view.last_scan, view.content.savings.stored_bytes
    if last is None or last.stored_bytes is None or stored is None:
        return
    saving = ""
    if last.freeable_bytes is not None:
        usd = escape(yearly(view.price.cost_of(last.freeable_bytes).usd_per_month))
        saving = f", when the saving was {usd}" if last.freeable_bytes else ", with no saving then"
    change = compared(stored - last.stored_bytes)
    yield f"Stores {size(stored)}, {change} on {day(last.at)}{saving}."


def _saved_so_far(view: PlanView) -> Iterator[str]:
    if view.saved_here.bytes:
        here, everywhere = cost(view.saved_here), cost(view.saved)
        yield f"Saved so far: {here}; in all repositories: {everywhere}."
    elif view.saved.bytes:
        yield f"Saved so far in all repositories: {cost(view.saved)}."


def _change(view: PlanView) -> Iterator[str]:
    """The change that made this version, such as a pin."""
    last = view.last_event
    if view.plan.version == 1 or last is None or last.event is not AuditEventName.PROPOSED:
        return
    version, by = f"Version {view.plan.version}", mention(last.by)
    if isinstance(last.detail, ImagesKeptByPins) and last.detail.pins:
        yield f"{version}: {by} pinned {codes(map(view.summary.name_of_pin, last.detail.pins))}."
    else:
        yield f"{version} by {by}: {prose(detail_words(last.detail))}."


def _approvals(view: PlanView) -> Iterator[str]:
    if view.required_approvals > 1:
        given = view.plan.current_approvals
        by = f": {mentions(each.by for each in given)}" if given else ""
        missing = view.required_approvals - len(given)
        yield (
            f"*{len(given):,} of {view.required_approvals:,} approvals*{by}. "
            f"{count(missing, 'more approval is', 'more approvals are')} needed."
        )


def _obstacle(view: PlanView) -> str | None:
    """Why the plan cannot be approved in this channel."""
    if why := why_unapprovable(view.plan):
        return f"{refusal_words(why)}."
    if view.report_only:
        return "Report only: the settings have `execution.enabled: false`."
    if view.approval_channel is None:
        return "Cannot be approved in Slack: set its `channel` under `reports` in the settings."
    if view.channel != view.approval_channel:
        return f"Can be approved only in {channel_link(view.approval_channel)}."
    return None


def _buttons(view: PlanView, *, is_approvable: bool) -> Iterator[ButtonElement]:
    ref = common_texts.ref(view)
    if is_approvable:
        confirm = None if view.needs_typing else approval_dialog(view)
        yield button("Approve", APPROVE_PLAN, ref, style="danger", confirm=confirm)
    yield button("Pin tags…", PIN_TAGS, ref)
    yield button("Review images", SHOW_IMAGES, ref)
    yield button("Dismiss", DISMISS_PLAN, ref)


def _small_print(view: PlanView) -> str:
    open_until = f"open until {pretty_day(view.plan.expires_at)}"
    return common_texts.small_print(view, common_texts.checked(view), open_until)
