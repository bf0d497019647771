"""Handlers of a digest's select *Open a report* and button *Dismiss all…*."""

import logging

from slack_bolt import App

from bot.core.digests import Digest
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import PlanState
from bot.slack.action_ids import COMMAND, DISMISS_PLANS, OPEN_REPORT
from bot.slack.api import message_link
from bot.slack.digest_payloads import DigestClick, ReportChoice
from bot.slack.listener import UnexpectedPayloadError, acknowledge, answer, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.messages.plan_submission import dismissed_answer, opened_answer

_BEING_DELETED = (PlanState.APPROVED, PlanState.EXECUTING)

_log = logging.getLogger(__name__)


def register(app: App, context: SlackContext) -> None:
    open_ = make_listener(context, ReportChoice, open_report)
    app.action(OPEN_REPORT, middleware=[acknowledge])(open_)
    dismiss = make_listener(context, DigestClick, dismiss_plans)
    app.action(DISMISS_PLANS, middleware=[acknowledge])(dismiss)


def open_report(context: SlackContext, choice: ReportChoice) -> None:
    """Posts the report of the chosen repository in the digest's thread, once, and answers with a
    link to it."""
    context.report_requests.expect_may_request(context.person(choice.sender))
    digest = context.store.digest_of_message(choice.channel_id, choice.ts)
    plans = context.selections.plans(digest) if digest else ()
    plan = next((each for each in plans if each.id == choice.plan), None)
    if digest is None or plan is None:
        raise UnexpectedPayloadError
    message = context.plan_messages.post_in_thread(plan.id, choice.channel_id, choice.ts)
    link = message_link(context.url, message.channel, message.ts)
    answer(context, choice.sender, opened_answer(plan, link))
    update_digest(context, digest.id)


def dismiss_plans(context: SlackContext, click: DigestClick) -> None:
    """Dismisses the proposed plans of the digest. Approved plans stay approved."""
    digest = posted_digest(context, click.ref)
    decided = context.selections.dismiss(digest, context.person(click.sender))
    plans = context.selections.plans(digest)
    approved = sum(plan.state in _BEING_DELETED for plan in plans)
    answer(context, click.sender, dismissed_answer(decided, approved))
    update_digest(context, digest.id)


def posted_digest(context: SlackContext, digest_id: str) -> Digest:
    """Raises RequestError if a newer digest has replaced it."""
    digest = context.store.digest(digest_id)
    if digest is None:
        raise UnexpectedPayloadError
    if digest.ts is None:
        raise RequestError(
            f"A newer digest has replaced this one: use that one, or request another: {COMMAND} "
            "digest"
        )
    return digest


def digest_link(context: SlackContext, digest: Digest) -> str:
    assert digest.ts, "only posted digests are used"
    return message_link(context.url, digest.channel, digest.ts)


def update_digest(context: SlackContext, digest_id: str) -> None:
    """If the update fails, the worker retries it. An update also empties the digest's select."""
    try:
        context.digest_messages.update(digest_id)
    except ServiceError as error:
        _log.warning("%s; the worker retries it", error)
