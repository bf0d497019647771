"""Approve: at once, or for a large plan once the repository's name was typed."""

from bot.core.authority import needs_typing
from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord
from bot.slack.blocks import typing_view
from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.windows import open_window, telling
from bot.slack.payloads import Click
from bot.usecases.decisions import Consent


def approve_plan(context: SlackContext, click: Click) -> None:
    with deed(context, click):
        plan = context.plan(click.ref.plan)
        if _may_need_typing(context, plan, click):
            _ask_for_name(context, plan, click)
        else:
            context.decisions.approve(plan.id, context.person(click.sender), _consent(click))


def _may_need_typing(context: SlackContext, plan: PlanRecord, click: Click) -> bool:
    is_as_seen = plan.state is PlanState.PROPOSED and plan.version == click.ref.version
    return is_as_seen and needs_typing(plan, context.rules_of(plan.repository))


def _ask_for_name(context: SlackContext, plan: PlanRecord, click: Click) -> None:
    """Slack is asked who it is only when the window is open. Whoever lacks more than the name is
    refused, which the audit remembers."""
    window = open_window(context, click.trigger_id)
    with telling(window, click.sender):
        person = context.person(click.sender)
        if context.decisions.lacks_only_the_name(plan, person, _consent(click)):
            window.show(typing_view(plan, click.channel_id, context.usd_per_gb_month))
        else:
            context.decisions.approve(plan.id, person, _consent(click))


def _consent(click: Click) -> Consent:
    return Consent(click.ref.version, click.channel_id)
