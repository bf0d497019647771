"""The message of a plan that is approved, that is running, or that has its result."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, ImageOutcome, PlanItem
from bot.core.savings import usd_per_month
from bot.core.text_formatting import short_digest
from bot.render.audit_events import by_reason
from bot.render.quantities import about, count, freed_of_all, size
from bot.render.reasons import stopper_words
from bot.slack.action_ids import PIN_TAGS, SHOW_IMAGES, STOP_PLAN
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import and_more, button, context, header, message, section
from bot.slack.mrkdwn import codes, escape, mention, mentions, prose
from bot.slack.view_models import PlanView


def approved(view: PlanView) -> MessageContent:
    starts = f"Deletion starts {_start(view)}"
    by = f"Approved by {mentions(each.by for each in view.plan.current_approvals)}"
    return message(
        f"{escape(view.plan.repository.name)}: {by}. {starts}: {common_texts.deletions(view)}.",
        header(view.plan.repository.name),
        section(f"*Approved. {starts}.* {by}.", _effect(view), *_postponed(view)),
        *map(section, common_texts.paused(view.pause)),
        context(common_texts.place_and_version(view)),
        ActionsBlock(
            elements=[
                _stop_button(view),
                _pin_button(view),
                button("Show images", SHOW_IMAGES, common_texts.ref(view)),
            ]
        ),
    )


def executing(view: PlanView) -> MessageContent:
    plan = view.plan
    done = f"{view.done:,} of {plan.deletions:,} done"
    status = _stopping(view) if plan.stop_asked_by else "Deleting"
    return message(
        f"{escape(plan.repository.name)}: {status}, {done}{_skipped_and_failed(view)}.",
        header(plan.repository.name),
        section(
            f"*{status}*",
            f"{common_texts.progress_bar(view.done, plan.deletions)}  {done}"
            f"{_skipped_and_failed(view)}",
        ),
        context(common_texts.place_and_version(view)),
        *_buttons_until_stopped(view),
    )


def _start(view: PlanView) -> str:
    return common_texts.starts(view.plan.execute_after or view.now, view.pause, view.now)


def _effect(view: PlanView) -> str:
    savings = view.content.savings
    usd = common_texts.a_month_and_a_year(savings.usd_per_month)
    return (
        f"Deletes {common_texts.deletions(view)}, frees {freed_of_all(savings)} and saves "
        f"{about(savings)}{usd}."
    )


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


REASONS = 5

_HEADINGS = {
    ImageOutcome.FAILED: ":warning: *{number:,} failed*",
    ImageOutcome.SKIPPED: "*{number:,} skipped*",
}


def result(view: PlanView) -> MessageContent:
    return message(
        f"{escape(view.plan.repository.name)}: {_outcome(view)}. {_savings(view)}",
        header(view.plan.repository.name),
        section(f"*{_outcome(view)}.*", _savings(view), *_unconfirmed(view)),
        *_not_deleted(view, ImageOutcome.FAILED),
        *_not_deleted(view, ImageOutcome.SKIPPED),
        context(*_small_print(view)),
    )


def _outcome(view: PlanView) -> str:
    counts = view.counts
    deleted = counts.get(ImageOutcome.DELETED, 0)
    text = f"Deleted {deleted:,} of {count(view.plan.deletions, 'manifest')}"
    for outcome in (ImageOutcome.SKIPPED, ImageOutcome.FAILED):
        if number := counts.get(outcome):
            text += f", {number:,} {outcome}"
    return f"{_stopped(view)}{text}"


def _stopped(view: PlanView) -> str:
    if view.plan.state is not PlanState.STOPPED:
        return ""
    by = stopper_words(view.plan)
    return f"Stopped by {mention(by)}. " if by else "Ended early. "


def _savings(view: PlanView) -> str:
    savings = view.content.savings
    bytes_freed = view.plan.freed_bytes
    usd = common_texts.a_month_and_a_year(usd_per_month(bytes_freed, view.usd_per_gb_month))
    return f"Freed {about(savings)}{size(bytes_freed)}, which saves {about(savings)}{usd}."


def _unconfirmed(view: PlanView) -> Iterator[str]:
    if freed := view.plan.unconfirmed_bytes:
        yield (
            f"ECR did not confirm the deletion of another {about(view.content.savings)}"
            f"{size(freed)}: its answers were lost, but the images no longer exist."
        )


def _not_deleted(view: PlanView, outcome: ImageOutcome) -> Iterator[Block]:
    if number := view.counts.get(outcome):
        items = [item for item in view.listed_items if item.outcome is outcome]
        heading = _HEADINGS[outcome].format(number=number)
        yield section(f"{heading}{':' if items else '.'}", *_reasons(items, number))


def _reasons(items: Sequence[PlanItem], number: int) -> Iterator[str]:
    groups = sorted(by_reason(items).items(), key=lambda each: len(each[1]), reverse=True)
    shown = groups[:REASONS]
    yield from (f"• {codes(map(_name, some))}: {prose(words)}" for words, some in shown)
    yield from and_more(number - sum(len(some) for _, some in shown))


def _name(item: PlanItem) -> str:
    return item.tags[0] if item.tags else short_digest(item.digest)


def _small_print(view: PlanView) -> Iterator[str]:
    if approvals := view.plan.current_approvals:
        yield f"Approved by {mentions(each.by for each in approvals)}."
    yield common_texts.freed_so_far(view)
    yield common_texts.place_and_version(view)
