"""The message of a plan in each state, and lists of plans. A plan that deletes nothing takes one
line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.plan import EXECUTED, PlanState
from bot.core.records import BOT_ACTOR, AuditEvent, AuditEventName, ImageOutcome, Pause, PlanRecord
from bot.core.savings import usd_per_month
from bot.render.audit_events import detail_words
from bot.render.image_counts import count_images, image_words
from bot.render.quantities import count, freed
from bot.render.refusals import state_words
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import context, message, section, sections
from bot.slack.messages.common_texts import cost, saves, starts
from bot.slack.messages.deletion_progress import approved, executing, result
from bot.slack.messages.incomplete_plan import incomplete
from bot.slack.messages.report import report
from bot.slack.mrkdwn import code, date, escape, mention, mentions, prose, shortened
from bot.slack.view_models import LinkedPlan, PlanResult, PlanView

MOST_IN_NAME = 256

_STATES = {
    PlanState.PROPOSED: "waiting for approval",
    PlanState.EXECUTING: "deletion running",
}


def _closed(view: PlanView) -> MessageContent:
    line = _end(view)
    return message(
        f"{escape(view.plan.repository.name)}: {line}",
        context(f"{common_texts.repository(view)}: {line}"),
    )


def _end(view: PlanView) -> str:
    plan = view.plan
    if plan.state is PlanState.DISMISSED:
        dismissed = f"dismissed{common_texts.by_whom(view.last_event, AuditEventName.DISMISSED)}"
        return f"{dismissed}. Nothing was deleted."
    if plan.state is PlanState.EXPIRED:
        return f"not approved in time, expired {date(plan.expires_at)}. Nothing was deleted."
    return "replaced by a newer version."


def _nothing_to_delete(view: PlanView) -> MessageContent:
    line = _kept(view)
    return message(
        f"{escape(view.plan.repository.name)}: {line}",
        context(
            f"{common_texts.repository(view)}: {line}",
            *common_texts.not_checked(view),
            *common_texts.paused(view.pause),
            *common_texts.pinned(view),
        ),
    )


def _kept(view: PlanView) -> str:
    if not view.plan.manifests:
        return "the repository is empty."
    kept = image_words(count_images(view.summary.kept_groups))
    return f"nothing to delete. Keeps {kept}: {common_texts.kept_by_reason(view)}."


_BY_STATE = {
    PlanState.APPROVED: approved,
    PlanState.EXECUTING: executing,
    PlanState.DONE: result,
    PlanState.FAILED: result,
    PlanState.STOPPED: result,
    PlanState.DISMISSED: _closed,
    PlanState.EXPIRED: _closed,
    PlanState.SUPERSEDED: _closed,
}


def plan_message(view: PlanView) -> MessageContent:
    if view.plan.state is PlanState.PROPOSED:
        return _proposed(view)
    return _BY_STATE[view.plan.state](view)


def _proposed(view: PlanView) -> MessageContent:
    if not view.plan.complete:
        return incomplete(view)
    return report(view) if view.plan.deletions else _nothing_to_delete(view)


def newer_message(plan: PlanRecord) -> MessageContent:
    """The line that replaces an older message of the plan in the same channel."""
    name, line = plan.repository.name, "a newer report on this plan is below."
    return message(
        f"{escape(shortened(name, MOST_IN_NAME))}: {line}", context(f"{code(name)}: {line}")
    )


def outdated_message(plan: PlanRecord, last: AuditEvent | None) -> MessageContent:
    """The notification of the approvers of an older version. `last`: the plan's last event."""
    earlier = max(each.version for each in plan.approvals if each.version < plan.version)
    approvers = mentions(each.by for each in plan.approvals if each.version == earlier)
    line = (
        f"{approvers}: your approval of version {earlier} no longer counts.{_change(last)} "
        f"{_next_step(plan)}"
    )
    return message(line, section(line))


def _next_step(plan: PlanRecord) -> str:
    if not plan.deletions:
        return "Nothing is left to delete."
    return f"Review version {plan.version} above, and approve it if it is right."


def _change(last: AuditEvent | None) -> str:
    if last is None or last.event is not AuditEventName.PROPOSED:
        return ""
    change = prose(detail_words(last.detail)).rstrip(".")
    return f" {mention(last.by)} changed the plan: {change}."


@dataclass(frozen=True, slots=True)
class EndedPlan:
    """A plan that is no longer open. `last_event`: None if unknown."""

    run: PlanResult
    last_event: AuditEvent | None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The last ended plans. `repository`: a name, None for all. `ended`: last proposed plan first.
    `saved_bytes`: freed by all runs of the bot so far. USD per GB per month."""

    repository: str | None
    ended: Sequence[EndedPlan]
    saved_bytes: int
    usd_per_gb_month: float


def open_plan(each: LinkedPlan, usd_per_gb_month: float, pause: Pause | None, now: datetime) -> str:
    """USD per GB per month."""
    plan = each.plan
    where = f"<{escape(each.link)}|report>" if each.link else f"plan {plan.id}"
    savings = _deletions_and_savings(plan, usd_per_gb_month)
    return f"• {code(plan.repository.name)}: {state_of(plan, pause, now)} · {savings} · {where}"


def state_of(plan: PlanRecord, pause: Pause | None, now: datetime) -> str:
    """The state of an open plan."""
    if not plan.complete:
        return "blocked: incomplete, cannot be approved"
    if not plan.deletions:
        return "nothing to delete"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"approved, deletion starts {starts(plan.execute_after, pause, now)}"
    return _STATES[plan.state]


def last_run(each: PlanResult, usd_per_gb_month: float) -> str:
    """USD per GB per month."""
    plan, counts = each
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    not_deleted = "".join(
        f", {number:,} {outcome}"
        for outcome in (ImageOutcome.SKIPPED, ImageOutcome.FAILED)
        if (number := counts.get(outcome))
    )
    stopped = "stopped, " if plan.state is PlanState.STOPPED else ""
    return (
        f"• {code(plan.repository.name)}: {stopped}{counts.get(ImageOutcome.DELETED, 0):,} deleted"
        f"{not_deleted}; freed {freed(plan)}, {saves(usd)}{_approved_by(plan)}"
    )


def _deletions_and_savings(plan: PlanRecord, usd_per_gb_month: float) -> str:
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    saving = saves(usd, exact=plan.exact)
    return f"{plan.deletions:,} of {count(plan.manifests, 'manifest')}, {saving}"


def _approved_by(plan: PlanRecord) -> str:
    by = mentions(each.by for each in plan.current_approvals)
    return f" · approved by {by}" if by else ""


def history_message(view: HistoryView) -> MessageContent:
    where = f" in {code(view.repository)}" if view.repository else ""
    saved = f"*Saved so far, all repositories:* {cost(view.saved_bytes, view.usd_per_gb_month)}"
    if not view.ended:
        line = f"No plan has ended yet{where}."
        return message(line, section(line, saved))
    head = f"*Last {count(len(view.ended), 'ended plan')}{where}:*"
    lines = [_ended(each, view.usd_per_gb_month) for each in view.ended]
    return message(f"{head} {saved}", section(head), *sections(lines), section(saved))


def _ended(each: EndedPlan, usd_per_gb_month: float) -> str:
    plan = each.run.plan
    when = f" · {date(each.last_event.at)}" if each.last_event else ""
    if plan.state in EXECUTED:
        return f"{last_run(each.run, usd_per_gb_month)}{when}"
    return f"• {code(plan.repository.name)}: {_not_run(plan, each.last_event)}{when}"


def _not_run(plan: PlanRecord, last: AuditEvent | None) -> str:
    by = f" by {mention(last.by)}" if last and last.by != BOT_ACTOR else ""
    proposed = f"proposed to delete {plan.deletions:,} of {count(plan.manifests, 'manifest')}"
    return f"{state_words(plan.state)}{by} ({proposed})"
