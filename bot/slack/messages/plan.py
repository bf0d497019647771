"""The message of a plan, by its state. Plans that delete nothing take one line."""

from bot.core.plan import PlanState
from bot.core.records import Event, EventName, PlanRecord
from bot.render.events import detail_words
from bot.render.plan_summary import PlanSummary
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.messages import phrases
from bot.slack.messages.incomplete import incomplete
from bot.slack.messages.kit import context, message, section
from bot.slack.messages.progress import approved, executing, result
from bot.slack.messages.report import report
from bot.slack.view import PlanView
from bot.slack.wording import code, date, escape, mention, mentions, prose, shortened

MOST_IN_NAME = 256


def _closed(view: PlanView) -> MessageContent:
    said = _end(view)
    return message(
        f"{escape(view.plan.repository.name)}: {said}",
        context(f"{phrases.repository(view)}: {said}"),
    )


def _end(view: PlanView) -> str:
    plan = view.plan
    if plan.state is PlanState.DISMISSED:
        dismissed = f"dismissed{phrases.by_whom(view.last_event, EventName.DISMISSED)}"
        return f"not this time; {dismissed}. Nothing was deleted."
    if plan.state is PlanState.EXPIRED:
        return f"nobody approved it in time; expired {date(plan.expires_at)}. Nothing was deleted."
    return "superseded by a newer version."


def _nothing_to_delete(view: PlanView) -> MessageContent:
    said = _kept(view)
    return message(
        f"{escape(view.plan.repository.name)}: {said}",
        context(
            f"{phrases.repository(view)}: {said}",
            *phrases.pinned(PlanSummary(view.content)),
            *phrases.not_checked(view),
            *phrases.paused(view.pause),
        ),
    )


def _kept(view: PlanView) -> str:
    number = view.plan.manifests
    if not number:
        return "the repository is empty."
    stays = count(number, "manifest stays", "manifests stay")
    return f"nothing to delete. {stays}: {phrases.kept_by_reason(PlanSummary(view.content))}."


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
    """Replaces an older message of the plan in the same channel."""
    name, said = plan.repository.name, "a newer report on this plan is below."
    return message(
        f"{escape(shortened(name, MOST_IN_NAME))}: {said}", context(f"{code(name)}: {said}")
    )


def outdated_message(plan: PlanRecord, last: Event | None) -> MessageContent:
    """For the approvers of an older version. `last`: the last event of the plan."""
    earlier = max(each.version for each in plan.approvals if each.version < plan.version)
    approvers = mentions(each.by for each in plan.approvals if each.version == earlier)
    said = (
        f"{approvers}: what you approved, version {earlier}, no longer counts.{_change(last)} "
        f"{_what_to_do(plan)}"
    )
    return message(said, section(said))


def _what_to_do(plan: PlanRecord) -> str:
    if not plan.deletions:
        return "Nothing is left to delete."
    return f"Look at version {plan.version} above, and approve that if it is right."


def _change(last: Event | None) -> str:
    if last is None or last.event is not EventName.PROPOSED:
        return ""
    return f" {mention(last.by)} changed what goes: {prose(detail_words(last.detail)).rstrip('.')}."
