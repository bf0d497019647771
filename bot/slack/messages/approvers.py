"""Messages about approvers: who may approve, reminders, and requests for approvals."""

from collections.abc import Iterator, Sequence

from bot.core.records import PlanRecord
from bot.render.quantities import count
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import message, section
from bot.slack.mrkdwn import code, codes, date, group_mention, mention
from bot.slack.view_models import ApproverList

MOST_MENTIONED = 5
"""A reminder mentions the approvers only if they are no more people than this."""

MOST_NAMED = 10


def reminder(plan: PlanRecord, approvers: ApproverList, required: int) -> MessageContent:
    """For the thread of a plan that is still proposed. Mentions few approvers only, since a mention
    notifies them."""
    approved = {each.by for each in plan.current_approvals}
    waiting = approvers._replace(users=[u for u in approvers.users if u not in approved])
    to = _addressed(waiting)
    lacking = required - len(plan.current_approvals)
    waits = count(lacking, "more approval" if plan.current_approvals else "approval")
    return _line(
        f"{to}the plan for {code(plan.repository.name)} still waits for {waits}. It was proposed "
        f"{date(plan.proposed_at)} and expires {date(plan.expires_at)}."
    )


def reminder_of_several(plans: Sequence[PlanRecord], approvers: ApproverList) -> MessageContent:
    """As `reminder`, for the thread of a digest."""
    first = min(each.expires_at for each in plans)
    return _line(
        f"{_addressed(approvers)}{count(len(plans), 'plan')} of this digest still wait for "
        f"approval: {codes(each.repository.name for each in plans)}. The first expires "
        f"{date(first)}."
    )


def approval_request(plan: PlanRecord, user: str, approvers: ApproverList) -> MessageContent:
    """For the thread of a plan: a user asks the approvers."""
    name = code(plan.repository.name)
    return _line(f"{_names(approvers)}: {mention(user)} asks for your approval of {name}.")


def who_may(approvers: ApproverList) -> str:
    """Empty if the approvers could not be looked up."""
    if names := _names(approvers):
        return f"Approvers: {names}."
    if approvers.people is None:
        return ""
    return "No Slack user is an approver. See `approvers` in the settings."


def _addressed(approvers: ApproverList) -> str:
    """Mentions few approvers only. `people` counts all of them, also those who have approved."""
    is_few = approvers.people is not None and approvers.people <= MOST_MENTIONED
    names = _names(approvers) if is_few else ""
    return f"{names}: " if names else ""


def _names(approvers: ApproverList) -> str:
    """User groups first, since they are more people."""
    return ", ".join(_first_names(approvers))


def _first_names(approvers: ApproverList) -> Iterator[str]:
    every = [*map(group_mention, approvers.groups), *map(mention, approvers.users)]
    yield from every[:MOST_NAMED]
    if len(every) > MOST_NAMED:
        yield f"and {len(every) - MOST_NAMED:,} more"


def _line(said: str) -> MessageContent:
    said = said[0].upper() + said[1:]
    return message(said, section(said))
