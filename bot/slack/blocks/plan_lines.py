"""A plan in one line of a list."""

from datetime import datetime

from bot.core.plan_state import PlanState
from bot.core.records import Outcome, Pause, PlanRecord
from bot.core.savings import usd_per_month
from bot.render.words import about, count, freed, money
from bot.slack.blocks.phrases import starts
from bot.slack.view import LastRun, OpenPlan
from bot.slack.wording import code, escape, mentions

_STATES = {
    PlanState.PROPOSED: "waits for approval",
    PlanState.EXECUTING: "is being deleted",
}


def open_plan(each: OpenPlan, usd_per_gb_month: float, pause: Pause | None, now: datetime) -> str:
    """USD a GB a month."""
    plan = each.plan
    where = f"<{escape(each.link)}|report>" if each.link else f"plan {plan.id}"
    stake = _stake(plan, usd_per_gb_month)
    return f"• {code(plan.repository.name)}: {stands(plan, pause, now)} · {stake} · {where}"


def stands(plan: PlanRecord, pause: Pause | None, now: datetime) -> str:
    """An open plan."""
    if not plan.complete:
        return "incomplete, cannot be approved"
    if not plan.deletions:
        return "nothing to delete"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"approved, deletion starts {starts(plan.execute_after, pause, now)}"
    return _STATES[plan.state]


def carried_out(each: LastRun, usd_per_gb_month: float) -> str:
    """USD a GB a month."""
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
