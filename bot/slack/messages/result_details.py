"""A modal with the details of a result: what was not deleted and why, and who approved it."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.core.records import ImageOutcome, PlanItem
from bot.core.text_formatting import short_digest
from bot.render.audit_events import by_reason
from bot.render.quantities import about, size
from bot.slack.api import Json
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import and_more, context, plain, section, sections
from bot.slack.messages.deletion_progress import freed, outcome, saving
from bot.slack.mrkdwn import codes, date, mentions, prose
from bot.slack.view_models import PlanView

MOST_LISTED = 500
"""Skipped and failed digests whose reasons are counted."""

REASONS = 20

_HEADINGS = {
    ImageOutcome.FAILED: ":warning: *{number:,} failed*",
    ImageOutcome.SKIPPED: "*{number:,} skipped*",
}


def details_view(view: PlanView) -> Json:
    return View(
        type="modal",
        title=plain("Result"),
        close=plain("Close"),
        blocks=[
            section(f"*{common_texts.repository(view)}*: {outcome(view)}.", *_freed(view)),
            *_not_deleted(view, ImageOutcome.FAILED),
            *_not_deleted(view, ImageOutcome.SKIPPED),
            context(*_facts(view)),
        ],
    ).to_dict()


def _freed(view: PlanView) -> Iterator[str]:
    yield f"Freed {freed(view)}, {saving(view)}."
    if unconfirmed := view.plan.unconfirmed_bytes:
        yield (
            f"ECR did not confirm the deletion of another {about(view.content.savings)}"
            f"{size(unconfirmed)}: its answers were lost, but the images no longer exist."
        )


def _not_deleted(view: PlanView, outcome: ImageOutcome) -> Iterator[Block]:
    if number := view.counts.get(outcome):
        items = [item for item in view.listed_items if item.outcome is outcome]
        heading = _HEADINGS[outcome].format(number=number)
        yield section(f"{heading}{':' if items else '.'}")
        yield from sections([*_reasons(items, number)])


def _reasons(items: Sequence[PlanItem], number: int) -> Iterator[str]:
    groups = sorted(by_reason(items).items(), key=lambda each: len(each[1]), reverse=True)
    shown = groups[:REASONS]
    yield from (f"• {codes(map(_item_name, some))}: {prose(words)}" for words, some in shown)
    yield from and_more(number - sum(len(some) for _, some in shown))


def _item_name(item: PlanItem) -> str:
    return item.tags[0] if item.tags else short_digest(item.digest)


def _facts(view: PlanView) -> Iterator[str]:
    plan = view.plan
    if approvals := plan.current_approvals:
        yield f"Approved by {mentions(each.by for each in approvals)}."
    if view.last_event:
        yield f"Ended {date(view.last_event.at)}."
    yield "The thread of the report has a list of all images."
    yield f"{common_texts.freed_so_far(view)}."
    yield common_texts.small_print(view, common_texts.checked(view))
