"""What became of a plan that was carried out."""

from collections.abc import Iterator, Sequence

from bot.core.plan_state import PlanState
from bot.core.records import Item, Outcome
from bot.core.savings import usd_per_month
from bot.core.words import short
from bot.render.events_words import by_reason
from bot.render.reasons import stopper_words
from bot.render.words import about, count, size
from bot.slack.api import Block, MessageContent
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import and_more, context, header, section
from bot.slack.view import PlanView
from bot.slack.wording import codes, escape, mention, mentions, prose

REASONS = 5

_HEADINGS = {
    Outcome.FAILED: ":warning: *{number:,} could not be deleted*",
    Outcome.SPARED: "*{number:,} spared*",
}


def result(view: PlanView) -> MessageContent:
    return MessageContent(
        f"{escape(view.plan.repository.name)}: {_became(view)}. {_freed(view)}",
        [
            header(view.plan.repository.name),
            section(f"*{_became(view)}.*", _freed(view), *_unconfirmed(view)),
            *_not_deleted(view, Outcome.FAILED),
            *_not_deleted(view, Outcome.SPARED),
            context(*_small_print(view)),
        ],
    )


def _became(view: PlanView) -> str:
    counts = view.counts
    told = f"Deleted {counts.get(Outcome.DELETED, 0):,} of {count(view.plan.deletions, 'manifest')}"
    for outcome in (Outcome.SPARED, Outcome.FAILED):
        if number := counts.get(outcome):
            told += f", {number:,} {outcome}"
    return f"{_stopped(view)}{told}"


def _stopped(view: PlanView) -> str:
    if view.plan.state is not PlanState.STOPPED:
        return ""
    by = stopper_words(view.plan)
    return f"Stopped by {mention(by)}. " if by else "Ended early. "


def _freed(view: PlanView) -> str:
    savings = view.content.savings
    bytes_freed = view.plan.freed_bytes
    usd = phrases.a_month_and_a_year(usd_per_month(bytes_freed, view.usd_per_gb_month))
    return f"Freed {about(savings)}{size(bytes_freed)}, which saves {about(savings)}{usd}."


def _unconfirmed(view: PlanView) -> Iterator[str]:
    if freed := view.plan.unconfirmed_bytes:
        yield (
            f"ECR never confirmed the deletion of another {about(view.content.savings)}"
            f"{size(freed)}: its answers were lost, and the images were gone when the bot looked."
        )


def _not_deleted(view: PlanView, outcome: Outcome) -> Iterator[Block]:
    if number := view.counts.get(outcome):
        items = [item for item in view.told if item.outcome is outcome]
        heading = _HEADINGS[outcome].format(number=number)
        yield section(f"{heading}{':' if items else '.'}", *_reasons(items, number))


def _reasons(items: Sequence[Item], number: int) -> Iterator[str]:
    groups = sorted(by_reason(items).items(), key=lambda each: len(each[1]), reverse=True)
    shown = groups[:REASONS]
    yield from (f"• {codes(map(_name, some))}: {prose(words)}" for words, some in shown)
    yield from and_more(number - sum(len(some) for _, some in shown))


def _name(item: Item) -> str:
    return item.tags[0] if item.tags else short(item.digest)


def _small_print(view: PlanView) -> Iterator[str]:
    if approvals := view.plan.current_approvals:
        yield f"Approved by {mentions(each.by for each in approvals)}."
    yield phrases.saved_in_all(view)
    yield phrases.place_and_version(view)
