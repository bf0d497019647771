"""Approve: at once, or for a large plan once the repository's name was typed."""

from bot.core.authority import needs_typing
from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord
from bot.slack.blocks import typing_view
from bot.slack.desk import Desk
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.windows import open_window, telling
from bot.slack.payloads import Click
from bot.usecases.approve import Consent


def approve_plan(desk: Desk, click: Click) -> None:
    with deed(desk, click):
        plan = desk.plan(click.ref.plan)
        if _may_need_typing(desk, plan, click):
            _ask_for_name(desk, plan, click)
        else:
            desk.approver.approve(plan.id, desk.person(click.sender), _consent(click))


def _may_need_typing(desk: Desk, plan: PlanRecord, click: Click) -> bool:
    is_as_seen = plan.state is PlanState.PROPOSED and plan.version == click.ref.version
    return is_as_seen and needs_typing(plan, desk.rules_of(plan.repository))


def _ask_for_name(desk: Desk, plan: PlanRecord, click: Click) -> None:
    """Slack is asked who it is only when the window is open. Whoever lacks more than the name is
    refused, which the audit remembers."""
    window = open_window(desk, click.trigger_id)
    with telling(window, click.sender):
        person = desk.person(click.sender)
        if desk.approver.lacks_nothing_but_the_name(plan, person, _consent(click)):
            window.show(typing_view(plan, click.channel_id, desk.usd_per_gb_month))
        else:
            desk.approver.approve(plan.id, person, _consent(click))


def _consent(click: Click) -> Consent:
    return Consent(click.ref.version, click.channel_id)
