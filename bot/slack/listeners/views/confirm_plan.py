"""Approves a large plan, now that the repository's name was typed."""

from collections.abc import Callable

from slack_bolt import Ack, BoltResponse

from bot.slack.api import safe
from bot.slack.blocks import loading_view
from bot.slack.desk import Desk
from bot.slack.ids import TYPED_NAME
from bot.slack.listeners.deeds import follow
from bot.slack.listeners.hearing import Body
from bot.slack.listeners.windows import Window, saying, telling
from bot.slack.listeners.wording import approved
from bot.slack.payloads import Submission
from bot.usecases.approve import Consent

Check = Callable[[Ack, Body, Callable[[], None]], BoltResponse]


def checking_name(desk: Desk) -> Check:
    """The only acknowledgement that has to know something: a name that is wrong is told beside the
    input."""

    def check(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
        submission = Submission.model_validate(body)
        plan = desk.store.plan(submission.ref.plan)
        if plan and submission.typed.strip() != plan.repository.name:
            wrong = f"The repository is called {plan.repository.name}"
            return ack(response_action="errors", errors=safe({TYPED_NAME: wrong}))
        acknowledged = ack(response_action="update", view=loading_view())
        next_()
        return acknowledged

    return check


def confirm_plan(desk: Desk, submission: Submission) -> None:
    ref, window = submission.ref, Window(desk, submission.view.id)
    with telling(window, submission.sender):
        consent = Consent(ref.version, ref.detail, submission.typed)
        plan = desk.approver.approve(ref.plan, desk.person(submission.sender), consent)
        follow(desk, plan.id)
        window.show(saying(approved(plan, desk.store.pause(), desk.clock())))
