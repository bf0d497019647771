"""Answers that only one user sees: help, the result of an action, or why it is refused."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock

from bot.core.errors import RefusedError
from bot.core.plan import PlanState
from bot.core.records import Pause, PlanRecord
from bot.core.refusal_reasons import ApprovableOnlyInChannel
from bot.render.errors import error_words
from bot.render.hints import Surface
from bot.render.image_counts import left_words
from bot.render.plan_summary import PlanSummary
from bot.slack.action_ids import ASK_APPROVERS, COMMAND, MOST_IN_LINE
from bot.slack.api import MessageContent
from bot.slack.approver_refusal import ApproverRequiredError
from bot.slack.messages.approvers import who_may
from bot.slack.messages.block_kit import button, command_button, context, message, section
from bot.slack.messages.common_texts import starts
from bot.slack.mrkdwn import channel_link, code, codes, date, mention, prose
from bot.usecases.pins import NewPins

MOST_CHOICES = 10
MOST_IN_ANSWER = 1500
MOST_IN_QUESTION = 1000

_REPORT = (
    f"`{COMMAND} REPOSITORY` scans an ECR repository and reports here which images can be deleted, "
    "and the savings. Nothing is deleted without approval."
)
_NAMES = (
    "REPOSITORY: a name (`team/api`) or a URI "
    "(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api`). Reports also take a pattern "
    "(`team/*`).",
    "TAG: a tag or a digest. Pins also take a pattern (`v1.*`). Example: "
    f"`{COMMAND} pin team/api v1.2 for 30d because QA tests it until Friday`",
)


def help_message(commands: Iterable[tuple[str, str]]) -> MessageContent:
    """`commands`: the synopsis and the help text of each."""
    lines = [f"`{COMMAND} {usage}`: {does}" for usage, does in commands]
    text = "\n".join((_REPORT, *lines, *_NAMES))
    return message(text, section(_REPORT), section(*lines), context(*_NAMES))


class CommandSuggestion(NamedTuple):
    """A command that a button suggests. `line`: the text after `/ecr-clean`."""

    label: str
    line: str


def choices(question: str, offered: Iterable[CommandSuggestion]) -> MessageContent:
    """A button for each suggestion. Suggestions beyond MOST_CHOICES, or with a line too long for a
    button, are listed as text."""
    every = list(offered)
    fitting = [each for each in every if len(each.line) <= MOST_IN_LINE][:MOST_CHOICES]
    others = [each.label for each in every if each not in fitting]
    hint = f" Without a button: {codes(others)}. Type the command for these." if others else ""
    text = prose(question, MOST_IN_QUESTION) + hint
    buttons = [command_button(each.label, place, each.line) for place, each in enumerate(fitting)]
    return message(text, section(text), *([ActionsBlock(elements=buttons)] if buttons else []))


def refusal(sentence: str) -> MessageContent:
    return _answer(prose(sentence, MOST_IN_ANSWER))


def notice(sentence: str) -> MessageContent:
    return _answer(prose(sentence, MOST_IN_ANSWER))


def refused(error: Exception) -> MessageContent:
    """Includes a link to the right channel if the plan can be approved only there, or the names of
    the approvers if they alone may."""
    if isinstance(error, ApproverRequiredError):
        return _approver_required(error)
    if isinstance(error, RefusedError) and isinstance(error.refusal, ApprovableOnlyInChannel):
        repository, channel = error.refusal.repository, error.refusal.channel
        where = channel_link(channel) if channel else str(channel)
        return _answer(f"{prose(repository)} can be approved only in {where}")
    return refusal(error_words(error, Surface.SLACK))


def _approver_required(error: ApproverRequiredError) -> MessageContent:
    """With a button that asks the approvers, if there are any in Slack."""
    why = prose(error_words(error, Surface.SLACK), MOST_IN_ANSWER)
    said = f"{why}. {who_may(error.approvers)}".rstrip()
    can_ask = error.ref and (error.approvers.users or error.approvers.groups)
    ask = ActionsBlock(elements=[button("Ask them", ASK_APPROVERS, error.ref)])
    return message(said, section(said), *([ask] if can_ask else []))


def approval_answer(plan: PlanRecord, pause: Pause | None, now: datetime) -> MessageContent:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        at = starts(plan.execute_after, pause, now)
        return _answer(f"Approved. Deletion starts {at}. *Stop* in the channel cancels it.")
    return _answer("Your approval is recorded. Deletion needs more approvals.")


def pin_answer(pinned: NewPins, repository: str) -> MessageContent:
    summary = PlanSummary(pinned.content) if pinned.content else None
    texts = [pin.pin for pin in pinned.pins]
    names = codes(map(summary.name_of_pin, texts) if summary else texts)
    until = max((pin.until for pin in pinned.pins if pin.until), default=None)
    lasts = f"until {date(until)}" if until else "with no end date"
    effects = _effects_of_pinning(pinned, summary)
    return _answer(f"Pinned {names} in {code(repository)} {lasts}.", *effects)


def unpin_answer(texts: Iterable[str], repository: str) -> MessageContent:
    return _answer(
        f"Unpinned {codes(texts)} in {code(repository)}. Open plans still keep the images; the "
        "next plan can delete them."
    )


def stop_answer(plan: PlanRecord) -> MessageContent:
    name = code(plan.repository.name)
    if plan.state is PlanState.EXECUTING:
        return _answer(f"Stopping the deletion in {name} after the current batches.")
    return _answer(
        f"Stopped: nothing was deleted in {name}. Plan {plan.id} is proposed again and needs a new "
        "approval."
    )


def resume_answer(ended: Pause) -> MessageContent:
    return _answer(
        f"Resumed: {mention(ended.by)} had paused ecr-clean {date(ended.at)}. Deletions can start "
        "again."
    )


def _effects_of_pinning(pinned: NewPins, summary: PlanSummary | None) -> Iterator[str]:
    """Sentences on the open plan, and on pins that match no image, which may be mistyped.
    `summary`: of the plan."""
    plan = pinned.plan
    if plan and plan.state is PlanState.EXECUTING:
        yield "A deletion is running there: pinned images that still exist are skipped."
    elif plan and summary:
        yield f"The plan is now version {plan.version}. {left_words(summary.deleted_groups)}"
    if pinned.unmatched:
        yield (
            f"{codes(pinned.unmatched)} matches no image of the last scan, so it protects nothing "
            "now."
        )


def _answer(*sentences: str) -> MessageContent:
    text = " ".join(sentences)
    return message(text, section(text))
