"""A plan that came to nothing: one line, without buttons."""

from bot.core.plan_state import PlanState
from bot.core.records import EventName
from bot.slack.api import MessageContent
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import context
from bot.slack.view import PlanView
from bot.slack.wording import date, escape


def closed(view: PlanView) -> MessageContent:
    said = _said(view)
    return MessageContent(
        f"{escape(view.plan.repository.name)}: {said}",
        [context(f"{phrases.repository(view)}: {said}")],
    )


def _said(view: PlanView) -> str:
    plan = view.plan
    if plan.state is PlanState.DISMISSED:
        dismissed = f"dismissed{phrases.by_whom(view.last_event, EventName.DISMISSED)}"
        return f"not this time; {dismissed}. Nothing was deleted."
    if plan.state is PlanState.EXPIRED:
        return f"nobody approved it in time; expired {date(plan.expires_at)}. Nothing was deleted."
    return "superseded by a newer version."
