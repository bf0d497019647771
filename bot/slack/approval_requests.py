"""The button *Ask them*: a user who may not approve a plan asks the approvers."""

from bot.core.errors import RefusedError, RequestError, ServiceError
from bot.core.permissions import why_outdated
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import WrongPlanState
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent, post_message
from bot.slack.listener import answer
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import notice, refused
from bot.slack.messages.approvers import approval_request
from bot.slack.messages.block_kit import text_view
from bot.slack.modals import Modal
from bot.slack.payloads import AskApproversClick
from bot.slack.plan_threads import SlackThread, approval_thread

ASKED = "Asked in the thread of the report. The approvers are notified."
ASKED_BEFORE = "You have asked for this approval before: see the thread of the report."


def ask_approvers(context: SlackContext, click: AskApproversClick) -> None:
    """Posts one line in the plan's thread, once for each user and version."""
    try:
        content = notice(_ask(context, click))
    except RequestError as error:
        content = refused(error)
    _show(context, click, content)


def _ask(context: SlackContext, click: AskApproversClick) -> str:
    plan, person = context.plan(click.ref.plan), context.person(click.sender)
    _expect_undecided(plan, click.ref.version)
    thread = approval_thread(context.store, plan, context.rules_of(plan.repository))
    if thread is None:
        raise RequestError(
            "No message of this plan is left where it can be approved. Request a new report: "
            f"{COMMAND} {plan.repository.name}"
        )
    if not context.store.record_approval_request(plan, person.id, context.clock()):
        return ASKED_BEFORE
    try:
        _post(context, plan, thread, person.id)
    except ServiceError:
        context.store.forget_approval_request(plan, person.id)
        raise
    return ASKED


def _expect_undecided(plan: PlanRecord, version: int) -> None:
    if plan.state is not PlanState.PROPOSED:
        raise RefusedError(WrongPlanState(plan.repository.name, plan.state))
    if outdated := why_outdated(plan, version):
        raise RefusedError(outdated)


def _post(context: SlackContext, plan: PlanRecord, thread: SlackThread, user: str) -> None:
    approvers = context.users.approver_list(context.rules_of(plan.repository).approvers)
    content = approval_request(plan, user, approvers)
    post_message(context.client, "Asking the approvers", thread.channel, content, thread.ts)


def _show(context: SlackContext, click: AskApproversClick, content: MessageContent) -> None:
    """In place of the button: in its modal, if that is still open, or in its message."""
    if click.view and Modal(context, click.view.id).show(text_view(content.blocks)):
        return
    answer(context, click.sender, content, replaces=True)
