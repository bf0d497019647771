"""The message of a plan that is approved, that is running, or that has its result."""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, ImageOutcome
from bot.render.audit_events import by_reason
from bot.render.quantities import about, count, size
from bot.render.reasons import stopper_words
from bot.slack.action_ids import PIN_TAGS, RESULT_DETAILS, SHOW_IMAGES, STOP_PLAN
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import button, context, header, message, section
from bot.slack.messages.recent_pulls import recent_pulls
from bot.slack.mrkdwn import escape, mention, mentions, prose
from bot.slack.view_models import PlanView

MOST_IN_FAILURE = 300


def approved(view: PlanView) -> MessageContent:
    starts = f"Deletion starts {_start(view)}"
    by = f"Approved by {mentions(each.by for each in view.plan.current_approvals)}"
    return message(
        f"{escape(view.plan.repository.name)}: {by}. {starts}: {common_texts.deletions(view)}.",
        header(common_texts.headline(view)),
        section(f"*Approved. {starts}.* {by}.", *_postponed(view)),
        *recent_pulls(view),
        *map(section, common_texts.paused(view.pause)),
        ActionsBlock(
            elements=[
                _stop_button(view),
                _pin_button(view),
                button("Review images", SHOW_IMAGES, common_texts.ref(view)),
            ]
        ),
        context(common_texts.small_print(view)),
    )


def executing(view: PlanView) -> MessageContent:
    plan = view.plan
    done = f"{view.done:,} of {count(plan.deletions, common_texts.unit(view))} done"
    status = _stopping(view) if plan.stop_asked_by else "Deleting"
    return message(
        f"{escape(plan.repository.name)}: {status}, {done}{_skipped_and_failed(view)}.",
        header(f"{common_texts.name_in_header(view)} · deleting {common_texts.deletions(view)}"),
        section(
            *([f"*{status}*"] if plan.stop_asked_by else []),
            f"{common_texts.progress_bar(view.done, plan.deletions)}  {done}"
            f"{_skipped_and_failed(view)}",
        ),
        *_buttons_until_stopped(view),
        context(common_texts.small_print(view)),
    )


def _start(view: PlanView) -> str:
    return common_texts.starts(view.plan.execute_after or view.now, view.pause, view.now)


def _postponed(view: PlanView) -> Iterator[str]:
    last = view.last_event
    if last and last.event is AuditEventName.POSTPONED:
        yield "No worker started it in time, so the undo window runs again. *Stop* cancels it."


def _stopping(view: PlanView) -> str:
    by = stopper_words(view.plan)
    assert by
    return f"Stopping after the current batches (stopped by {mention(by)})"


def _skipped_and_failed(view: PlanView) -> str:
    skipped, failed = (
        view.counts.get(each, 0) for each in (ImageOutcome.SKIPPED, ImageOutcome.FAILED)
    )
    shown = [f"{skipped:,} skipped"] * bool(skipped) + [f"{failed:,} failed"] * bool(failed)
    return f" ({', '.join(shown)})" if shown else ""


def _buttons_until_stopped(view: PlanView) -> Iterator[Block]:
    if not view.plan.stop_asked_by:
        yield ActionsBlock(elements=[_stop_button(view), _pin_button(view)])


def _stop_button(view: PlanView) -> ButtonElement:
    return button("Stop", STOP_PLAN, common_texts.ref(view), style="danger")


def _pin_button(view: PlanView) -> ButtonElement:
    return button("Pin tags…", PIN_TAGS, common_texts.ref(view))


def result(view: PlanView) -> MessageContent:
    """One line, and one more if images could not be deleted."""
    line = f"{outcome(view)}, freed {freed(view)}, {saving(view)}."
    details = button("Details", RESULT_DETAILS, common_texts.ref(view))
    return message(
        f"{escape(view.plan.repository.name)}: {line}",
        section(f"*{common_texts.repository(view)}*: {line}", *_failures(view), button=details),
    )


def outcome(view: PlanView) -> str:
    """`deleted 255 images`, `deleted 250 of 255 images (5 skipped)`"""
    plan = view.plan
    deleted = view.counts.get(ImageOutcome.DELETED, 0)
    if deleted == plan.deletions:
        text = f"deleted {common_texts.deletions_with_manifests(view)}"
    else:
        text = f"deleted {deleted:,} of {count(plan.deletions, common_texts.unit(view))}"
    return f"{_stopped(view)}{text}{_skipped_and_failed(view)}"


def freed(view: PlanView) -> str:
    return f"{about(view.content.savings)}{size(view.plan.freed_bytes)}"


def saving(view: PlanView) -> str:
    usd = view.price.cost_of(view.plan.freed_bytes).usd_per_month
    return common_texts.saves(usd, exact=view.content.savings.exact)


def _stopped(view: PlanView) -> str:
    if view.plan.state is not PlanState.STOPPED:
        return ""
    by = stopper_words(view.plan)
    return f"stopped by {mention(by)}: " if by else "ended early: "


def _failures(view: PlanView) -> Iterator[str]:
    number = view.counts.get(ImageOutcome.FAILED, 0)
    if not number:
        return
    reasons = by_reason(each for each in view.listed_items if each.outcome is ImageOutcome.FAILED)
    most_frequent = max(reasons, key=lambda words: len(reasons[words]), default="")
    why = f": {prose(most_frequent, MOST_IN_FAILURE)}" if most_frequent else ""
    images = count(number, common_texts.unit(view))
    yield f":warning: *{images} could not be deleted*{why}."
