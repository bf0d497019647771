"""Approves a large plan, now that the repository's name was typed."""

from collections.abc import Callable

from slack_bolt import Ack, BoltResponse

from bot.slack.api import safe
from bot.slack.blocks import loading_view
from bot.slack.context import SlackContext
from bot.slack.ids import TYPED_NAME
from bot.slack.listener import Body
from bot.slack.listeners.deeds import follow
from bot.slack.listeners.windows import Window, saying, telling
from bot.slack.listeners.wording import approved
from bot.slack.payloads import Submission
from bot.usecases.decisions import Consent

Check = Callable[[Ack, Body, Callable[[], None]], BoltResponse]


def checking_name(context: SlackContext) -> Check:
    """The only acknowledgement that has to know something: a name that is wrong is told beside the
    input."""

    def check(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
        submission = Submission.model_validate(body)
        plan = context.store.plan(submission.ref.plan)
        if plan and submission.typed.strip() != plan.repository.name:
            wrong = f"The repository is called {plan.repository.name}"
            return ack(response_action="errors", errors=safe({TYPED_NAME: wrong}))
        acknowledged = ack(response_action="update", view=loading_view())
        next_()
        return acknowledged

    return check


def confirm_plan(context: SlackContext, submission: Submission) -> None:
    ref, window = submission.ref, Window(context, submission.view.id)
    with telling(window, submission.sender):
        consent = Consent(ref.version, ref.detail, submission.typed)
        plan = context.decisions.approve(ref.plan, context.person(submission.sender), consent)
        follow(context, plan.id)
        window.show(saying(approved(plan, context.store.pause(), context.clock())))
