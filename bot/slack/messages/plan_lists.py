"""Lists of plans: open plans in the Home tab and in the status, and the history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.blocks import ButtonElement

from bot.core.plan import EXECUTED, PlanState
from bot.core.prices import RegionPrices, StorageCost
from bot.core.records import BOT_ACTOR, ImageOutcome, Pause, PlanRecord
from bot.render.quantities import count, freed
from bot.render.refusals import state_words
from bot.slack.action_ids import COMMAND, OPEN_LINK
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import link_button, message, section, sections
from bot.slack.messages.common_texts import cost, saves, starts
from bot.slack.mrkdwn import code, date, escape, mention, mentions
from bot.slack.view_models import EndedPlan, LinkedPlan, PlanResult

SOON = timedelta(days=2)
MOST_IN_COMMAND = 120


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The last ended plans. `repository`: a name, None for all. `ended`: last proposed plan first.
    `saved`: by all runs of the bot so far."""

    repository: str | None
    ended: Sequence[EndedPlan]
    saved: StorageCost
    prices: RegionPrices


def open_plan(plan: PlanRecord, prices: RegionPrices, pause: Pause | None, now: datetime) -> str:
    """`shop/api`: saves $41 a year, frees 34 GB · expires tomorrow."""
    state = state_of(plan, pause, now)
    if not plan.complete or not plan.deletions:
        return f"{code(plan.repository.name)}: {state}"
    usd = saves(prices.cost_of(plan.repository, plan.freed_bytes).usd_per_month, exact=plan.exact)
    decided = f" · {state.removeprefix('approved, ')}"
    more = _still_open(plan, now) if plan.state is PlanState.PROPOSED else decided
    return f"{code(plan.repository.name)}: *{usd}*, frees {freed(plan)}{more}"


def state_of(plan: PlanRecord, pause: Pause | None, now: datetime) -> str:
    """The state of an open plan."""
    if not plan.complete:
        return "some checks failed, so it cannot be approved yet"
    if not plan.deletions:
        return "nothing to delete"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"approved, deletion starts {starts(plan.execute_after, pause, now)}"
    return "deletion running" if plan.state is PlanState.EXECUTING else "waiting for approval"


def open_link(each: LinkedPlan) -> str:
    """A link to the plan's message; without a message, the command that posts one."""
    if each.link:
        return f" · <{escape(each.link)}|Open>"
    line = code(f"{COMMAND} {each.plan.repository.name}", MOST_IN_COMMAND)
    return f" · {line} posts its report"


def open_button(each: LinkedPlan, number: int) -> ButtonElement | None:
    """`number`: unique in the view. None if the plan has no message."""
    return link_button("Open", f"{OPEN_LINK}:{number}", each.link) if each.link else None


def last_run(each: PlanResult, prices: RegionPrices) -> str:
    plan, counts = each
    usd = prices.cost_of(plan.repository, plan.freed_bytes).usd_per_month
    deleted = count(counts.get(ImageOutcome.DELETED, 0), "manifest")
    not_deleted = "".join(
        f", {number:,} {outcome}"
        for outcome in (ImageOutcome.SKIPPED, ImageOutcome.FAILED)
        if (number := counts.get(outcome))
    )
    stopped = "stopped, " if plan.state is PlanState.STOPPED else ""
    return (
        f"• {code(plan.repository.name)}: {stopped}{deleted} deleted{not_deleted}; freed "
        f"{freed(plan)}, {saves(usd)}{_approved_by(plan)}"
    )


def history_message(view: HistoryView) -> MessageContent:
    where = f" in {code(view.repository)}" if view.repository else ""
    saved = f"*Saved so far, all repositories:* {cost(view.saved)}"
    if not view.ended:
        line = f"No plan has ended yet{where}."
        return message(line, section(line, saved))
    head = f"*Last {count(len(view.ended), 'ended plan')}{where}:*"
    lines = list(ended_plans(view.ended, view.prices))
    return message(f"{head} {saved}", section(head), *sections(lines), section(saved))


def ended_plans(ended: Sequence[EndedPlan], prices: RegionPrices) -> Iterator[str]:
    """A line for each plan."""
    for each in ended:
        when = f" · {date(each.last_event.at)}" if each.last_event else ""
        link = open_link(each.linked) if each.linked.link else ""
        yield f"{_ended(each, prices)}{when}{link}"


def _ended(each: EndedPlan, prices: RegionPrices) -> str:
    plan = each.linked.plan
    if plan.state in EXECUTED:
        return last_run(PlanResult(plan, each.counts), prices)
    return f"• {code(plan.repository.name)}: {_not_run(each)}"


def _not_run(each: EndedPlan) -> str:
    plan, last = each.linked.plan, each.last_event
    by = f" by {mention(last.by)}" if last and last.by != BOT_ACTOR else ""
    proposed = f"proposed to delete {plan.deletions:,} of {count(plan.manifests, 'manifest')}"
    return f"{state_words(plan.state)}{by} ({proposed})"


def _still_open(plan: PlanRecord, now: datetime) -> str:
    expires = f" · expires {date(plan.expires_at)}" if plan.expires_at - now < SOON else ""
    return f"{expires}{_approved_by(plan)}"


def _approved_by(plan: PlanRecord) -> str:
    by = mentions(each.by for each in plan.current_approvals)
    return f" · approved by {by}" if by else ""
