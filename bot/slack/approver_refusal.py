"""Refusals of users who are no approvers. They name the approvers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.core.errors import RefusedError
from bot.core.permission_reasons import PersonRefusal
from bot.core.policy import ApprovalRules
from bot.core.refusal_reasons import Refusal
from bot.slack.action_ids import PlanRef
from bot.slack.view_models import ApproverList

if TYPE_CHECKING:
    from bot.slack.directory import SlackUsers


class ApproverRequiredError(RefusedError):
    """`ref`: the plan that the user may ask the approvers to approve, with the channel of the
    click; None if the refused action was no approval."""

    def __init__(self, refusal: Refusal, approvers: ApproverList, ref: PlanRef | None) -> None:
        super().__init__(refusal)
        self.approvers = approvers
        self.ref = ref


@contextmanager
def naming_approvers(
    users: "SlackUsers", rules: ApprovalRules, ref: PlanRef | None = None
) -> Iterator[None]:
    """Turns a refusal because of the user into an ApproverRequiredError, if the settings name
    approvers. `ref`: as there."""
    try:
        yield
    except RefusedError as error:
        if not rules.approvers or not isinstance(error.refusal, PersonRefusal):
            raise
        approvers = users.approver_list(rules.approvers)
        raise ApproverRequiredError(error.refusal, approvers, ref) from error
