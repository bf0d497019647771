"""The warning that images to delete were pulled recently, though no known workload uses them."""

from collections.abc import Iterator
from datetime import timedelta

from slack_sdk.models.blocks import Block

from bot.core.judge import PULLED_RECENTLY
from bot.render.plan_summary import PlanSummary, RecentPull, name_of
from bot.render.quantities import count
from bot.slack.action_ids import PIN_PULLED
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import button, section
from bot.slack.mrkdwn import codes, pretty_day
from bot.slack.view_models import PlanView

NAMED = 3

PIN_LASTS = timedelta(days=30)
"""For the button of the warning."""


def named_pulls(summary: PlanSummary) -> list[RecentPull]:
    """The images that the warning names, and that its button pins."""
    return [*summary.recent_pulls[:NAMED]]


def recent_pulls(view: PlanView) -> Iterator[Block]:
    pulled = view.summary.recent_pulls
    if not pulled:
        return
    when = pretty_day(pulled[0].at)
    if len(pulled) > 1:
        when = f"in the last {PULLED_RECENTLY.days} days"
    it = "it" if len(pulled) == 1 else "them"
    text = (
        f":warning: *{pulled_number(len(pulled))} pulled* {when}: {pulled_names(view)}. No known "
        f"workload uses {it}."
    )
    ref = common_texts.ref(view)
    yield section(text, button=button(f"Keep {PIN_LASTS.days} days", PIN_PULLED, ref))


def pulled_number(number: int) -> str:
    return count(number, "image to delete was", "images to delete were")


def pulled_names(view: PlanView) -> str:
    """`1.9.0`, `1.8.0` and 2 more (*Review images*)"""
    named = named_pulls(view.summary)
    more = len(view.summary.recent_pulls) - len(named)
    others = f" and {more:,} more (*Review images*)" if more else ""
    return f"{codes([name_of(each.group.root) for each in named])}{others}"
