"""The message of a plan in each state. A plan that deletes nothing takes one line."""

from bot.core.plan import PlanState
from bot.core.records import AuditEvent, AuditEventName, PlanRecord
from bot.render.audit_events import detail_words
from bot.render.image_counts import count_images, image_words
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import context, message, section
from bot.slack.messages.deletion_progress import approved, executing, result
from bot.slack.messages.incomplete_plan import incomplete
from bot.slack.messages.report import report
from bot.slack.mrkdwn import code, date, escape, mention, mentions, prose, shortened
from bot.slack.view_models import PlanView

MOST_IN_NAME = 256


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
