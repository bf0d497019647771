"""Plans in lists, one line each: open plans, and the history of ended ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.plan import CARRIED_OUT, PlanState
from bot.core.records import BY_ITSELF, Event, Outcome, Pause, PlanRecord
from bot.core.savings import usd_per_month
from bot.render.decisions import state_words
from bot.render.words import about, count, freed, money
from bot.slack.api import MessageContent
from bot.slack.messages.kit import message, section, sections
from bot.slack.messages.phrases import cost, starts
from bot.slack.view import LastRun, OpenPlan
from bot.slack.wording import code, date, escape, mention, mentions

_STATES = {
    PlanState.PROPOSED: "waits for approval",
    PlanState.EXECUTING: "is being deleted",
}


@dataclass(frozen=True, slots=True)
class EndedPlan:
    """`last_event`: None if unknown."""

    run: LastRun
    last_event: Event | None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """`repository`: a name, None for all. `ended`: last proposed first. `saved_bytes`: freed by all
    runs of the bot so far. USD per GB per month."""

    repository: str | None
    ended: Sequence[EndedPlan]
    saved_bytes: int
    usd_per_gb_month: float


def open_plan(each: OpenPlan, usd_per_gb_month: float, pause: Pause | None, now: datetime) -> str:
    """USD per GB per month."""
    plan = each.plan
    where = f"<{escape(each.link)}|report>" if each.link else f"plan {plan.id}"
    stake = _stake(plan, usd_per_gb_month)
    return f"• {code(plan.repository.name)}: {state_of(plan, pause, now)} · {stake} · {where}"


def state_of(plan: PlanRecord, pause: Pause | None, now: datetime) -> str:
    """The state of an open plan."""
    if not plan.complete:
        return "incomplete, cannot be approved"
    if not plan.deletions:
        return "nothing to delete"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"approved, deletion starts {starts(plan.execute_after, pause, now)}"
    return _STATES[plan.state]


def last_run(each: LastRun, usd_per_gb_month: float) -> str:
    """USD per GB per month."""
    plan, counts = each
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    besides = "".join(
        f", {number:,} {outcome}"
        for outcome in (Outcome.SPARED, Outcome.FAILED)
        if (number := counts.get(outcome))
    )
    stopped = "stopped, " if plan.state is PlanState.STOPPED else ""
    return (
        f"• {code(plan.repository.name)}: {stopped}{counts.get(Outcome.DELETED, 0):,} deleted"
        f"{besides}; freed {freed(plan)}, {money(usd)} a month{_approved_by(plan)}"
    )


def _stake(plan: PlanRecord, usd_per_gb_month: float) -> str:
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    saving = f"{about(plan)}{money(usd)} a month"
    return f"{plan.deletions:,} of {count(plan.manifests, 'manifest')}, {saving}"


def _approved_by(plan: PlanRecord) -> str:
    by = mentions(each.by for each in plan.current_approvals)
    return f" · approved by {by}" if by else ""


def history_message(view: HistoryView) -> MessageContent:
    where = f" in {code(view.repository)}" if view.repository else ""
    saved = f"*Saved so far, everywhere:* {cost(view.saved_bytes, view.usd_per_gb_month)}"
    if not view.ended:
        said = f"No plan has ended yet{where}."
        return message(said, section(said, saved))
    head = f"*The last {count(len(view.ended), 'plan')} that ended{where}:*"
    lines = [_ended(each, view.usd_per_gb_month) for each in view.ended]
    return message(f"{head} {saved}", section(head), *sections(lines), section(saved))


def _ended(each: EndedPlan, usd_per_gb_month: float) -> str:
    plan = each.run.plan
    when = f" · {date(each.last_event.at)}" if each.last_event else ""
    if plan.state in CARRIED_OUT:
        return f"{last_run(each.run, usd_per_gb_month)}{when}"
    return f"• {code(plan.repository.name)}: {_not_run(plan, each.last_event)}{when}"


def _not_run(plan: PlanRecord, last: Event | None) -> str:
    by = f" by {mention(last.by)}" if last and last.by != BY_ITSELF else ""
    would = f"{plan.deletions:,} of {count(plan.manifests, 'manifest')} would have gone"
    return f"{state_words(plan.state)}{by} ({would})"
