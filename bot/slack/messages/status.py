"""The status: pause, running deletions with buttons to stop them, approved and open plans."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from slack_sdk.models.blocks import Block, ButtonElement

from bot.core.prices import RegionPrices
from bot.core.records import ImageOutcome, Pause, PlanRecord
from bot.render.quantities import count
from bot.render.reasons import stopper_words
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import (
    and_more,
    command_button,
    context,
    message,
    section,
    sections,
)
from bot.slack.messages.plan_lists import open_link, open_plan
from bot.slack.mrkdwn import code, mention
from bot.slack.view_models import FirstPlans

MOST_RUNNING = 10


class RunningPlan(NamedTuple):
    """A running plan, with its numbers of digests by outcome."""

    plan: PlanRecord
    counts: Mapping[ImageOutcome, int]


@dataclass(frozen=True, slots=True)
class StatusView:
    """The state of the bot. `deleting`: running plans; `approved`: plans whose deletion has not
    started. `waiting` and `blocked`: as in OpenPlans. `reports`: the number in progress or
    queued."""

    pause: Pause | None
    deleting: Sequence[RunningPlan]
    approved: Sequence[PlanRecord]
    waiting: FirstPlans
    blocked: FirstPlans
    reports: int
    version: str
    prices: RegionPrices
    now: datetime


def status_message(view: StatusView) -> MessageContent:
    head = [*common_texts.paused(view.pause)] or ["ecr-clean is running, not paused."]
    total = f"*Open plans:* {_number_of_plans(view)}"
    blocks = [
        section(*head),
        *_running(view.deleting),
        *_approved(view),
        section(total),
        *sections([*_plans(view, view.waiting), *_plans(view, view.blocked)]),
        context(f"Reports in progress: {view.reports:,} · ecr-clean {view.version}"),
    ]
    return message(" ".join((*head, f"{total}.")), *blocks)


def paused_message(deleting: Sequence[RunningPlan]) -> MessageContent:
    """`deleting`: running plans, which the pause does not stop."""
    paused = (
        f"Paused. No deletion starts until `{COMMAND} resume`. Channels with open plans get a "
        "message."
    )
    running = "*Running deletions continue* unless you stop them:"
    lines = [paused, *([running] if deleting else [])]
    return message(" ".join(lines), section(*lines), *_running(deleting))


def _running(deleting: Sequence[RunningPlan]) -> Iterator[Block]:
    for number, each in enumerate(deleting[:MOST_RUNNING]):
        yield section(_progress(each), button=_stop(each.plan, number))
    yield from map(context, and_more(len(deleting) - MOST_RUNNING))


def _progress(each: RunningPlan) -> str:
    plan, total = each.plan, each.plan.deletions
    done = total - each.counts.get(ImageOutcome.PENDING, 0)
    by = stopper_words(plan)
    stops = f"; stopping after the current batches (stopped by {mention(by)})" if by else ""
    name = code(plan.repository.name)
    bar = common_texts.progress_bar(done, total)
    return f"*Deleting now:* {name}, {done:,} of {total:,}  {bar}{stops}"


def _plans(view: StatusView, plans: FirstPlans) -> Iterator[str]:
    for each in plans.plans:
        line = open_plan(each.plan, view.prices, view.pause, view.now)
        yield f"• {line}{open_link(each)}"
    if plans.more:
        yield f"… and {plans.more:,} more: `{COMMAND} list` lists all"


def _number_of_plans(view: StatusView) -> str:
    blocked = f" · {view.blocked.total:,} blocked" if view.blocked.total else ""
    return f"{view.waiting.total:,} waiting for approval{blocked}"


def _approved(view: StatusView) -> Iterator[Block]:
    for number, plan in enumerate(view.approved[:MOST_RUNNING], MOST_RUNNING):
        yield section(_starts(plan, view), button=_stop(plan, number))
    yield from map(context, and_more(len(view.approved) - MOST_RUNNING))


def _starts(plan: PlanRecord, view: StatusView) -> str:
    assert plan.execute_after, "the plan is approved"
    return (
        f"*Approved:* {code(plan.repository.name)}, {count(plan.deletions, 'manifest')}; deletion "
        f"starts {common_texts.starts(plan.execute_after, view.pause, view.now)}"
    )


def _stop(plan: PlanRecord, number: int) -> ButtonElement:
    return command_button("Stop", number, f"stop {plan.id}", style="danger")
