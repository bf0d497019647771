"""A plan as a message: which one fits where it stands."""

from bot.core.plan_state import PlanState
from bot.slack.api import MessageContent
from bot.slack.blocks.closed import closed
from bot.slack.blocks.incomplete import incomplete
from bot.slack.blocks.nothing import nothing_to_delete
from bot.slack.blocks.report import report
from bot.slack.blocks.result import result
from bot.slack.blocks.under_way import approved, executing
from bot.slack.view import PlanView

_BY_STATE = {
    PlanState.APPROVED: approved,
    PlanState.EXECUTING: executing,
    PlanState.DONE: result,
    PlanState.FAILED: result,
    PlanState.STOPPED: result,
    PlanState.DISMISSED: closed,
    PlanState.EXPIRED: closed,
    PlanState.SUPERSEDED: closed,
}


def plan_message(view: PlanView) -> MessageContent:
    if view.plan.state is PlanState.PROPOSED:
        return _proposed(view)
    return _BY_STATE[view.plan.state](view)


def _proposed(view: PlanView) -> MessageContent:
    if not view.plan.complete:
        return incomplete(view)
    return report(view) if view.plan.deletions else nothing_to_delete(view)
