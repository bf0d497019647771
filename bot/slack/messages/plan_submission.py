"""What users see after they approved several plans, or stopped or dismissed them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock

from bot.core.plan import PlanState
from bot.core.plan_choices import ChoiceTotals, DecisionOnSeveral
from bot.core.records import Pause, PlanRecord
from bot.render.quantities import count, yearly
from bot.slack.action_ids import STOP_PLANS
from bot.slack.api import Json, MessageContent
from bot.slack.messages.block_kit import (
    and_more,
    as_json,
    button,
    full_sections,
    message,
    section,
    text_view,
)
from bot.slack.messages.common_texts import starts
from bot.slack.messages.plan_selection import refusal_line
from bot.slack.mrkdwn import code, escape, mention, prose

MOST_IN_MODAL = 100
MOST_IN_ANSWER = 10
"""Refused plans by name: the texts of a message together have at most 12,000 characters."""


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission of several plans. `selection`: its ID. `totals`: of the approved plans."""

    selection: str
    user: str
    decided: DecisionOnSeveral
    totals: ChoiceTotals
    pause: Pause | None
    now: datetime

    @property
    def starting(self) -> Sequence[PlanRecord]:
        """The plans that have all required approvals."""
        return [each for each in self.decided.done if each.state is PlanState.APPROVED]


def approving_message(selection: str, user: str, plans: int) -> MessageContent:
    """While the plans are being approved, so that all can be stopped at any time."""
    text = f":hourglass_flowing_sand: {mention(user)} is approving {count(plans, 'plan')} …"
    return message(text, section(text), _stop_all(selection))


def submitted_message(view: SubmissionView) -> MessageContent:
    """The message in the digest's thread. After a failure, it is unknown whether one plan more was
    approved."""
    failure = view.decided.failure
    warning = f":warning: Not finished: {prose(failure.text)}." if failure else ""
    sentences = (f"{mention(view.user)} approved {_plans(view.totals)}.", _effect(view), warning)
    text = " ".join(filter(None, sentences))
    can_stop = view.starting or failure
    return message(text, section(text), *([_stop_all(view.selection)] if can_stop else []))


def submission_result(view: SubmissionView) -> Json:
    """The modal of the approver. To close it also closes the choice below."""
    number = len(view.decided.done)
    headline = f"*{count(number, 'plan')} approved.* {_effect(view)}".rstrip()
    blocks = as_json([section(headline), *full_sections(_not_decided(view.decided, MOST_IN_MODAL))])
    return {**text_view(blocks), "clear_on_close": True}


def stopped_message(decided: DecisionOnSeveral, by: str, approver: str) -> MessageContent:
    """Replaces the message in the digest's thread. `approver`: of the plans."""
    text = (
        f"{mention(by)} stopped {count(len(decided.done), 'plan')} that {mention(approver)} "
        f"approved together.{_running(decided)}"
    )
    return message(text, section(text))


def stopped_answer(decided: DecisionOnSeveral) -> MessageContent:
    if not (decided.done or decided.refused or decided.failure):
        return _answer(["Nothing is left to stop: these plans ended, or were stopped before."])
    stopped = f"Stopped {count(len(decided.done), 'plan')}.{_running(decided)}"
    return _answer([stopped, *_not_decided(decided, MOST_IN_ANSWER)])


def dismissed_answer(decided: DecisionOnSeveral, approved: int) -> MessageContent:
    """`approved`: plans of the digest that stay approved, or are being executed."""
    stay = f" {count(approved, 'approved plan')} stay approved." if approved else ""
    dismissed = f"Dismissed {count(len(decided.done), 'plan')}.{stay}"
    return _answer([dismissed, *_not_decided(decided, MOST_IN_ANSWER)])


def opened_answer(plan: PlanRecord, link: str) -> MessageContent:
    """`link`: to the report in the digest's thread."""
    name = code(plan.repository.name)
    return _answer([f"The report of {name} is <{link}|in the digest's thread>."])


def _effect(view: SubmissionView) -> str:
    """When the deletion starts; and the number of plans that need more approvals."""
    starting = view.starting
    waiting = len(view.decided.done) - len(starting)
    first = min((each.execute_after for each in starting if each.execute_after), default=None)
    start = f"Deletion starts {starts(first, view.pause, view.now)}." if first else ""
    needs = "needs" if waiting == 1 else "need"
    more = f"{count(waiting, 'plan')} {needs} more approvals." if waiting else ""
    return " ".join(filter(None, (start, more)))


def _plans(totals: ChoiceTotals) -> str:
    saving = escape(yearly(totals.usd_per_month))
    return f"{count(totals.plans, 'plan')}: {count(totals.images, 'image')}, {saving}"


def _running(decided: DecisionOnSeveral) -> str:
    running = sum(each.state is PlanState.EXECUTING for each in decided.done)
    return f" {count(running, 'deletion')} will end after the current batches." if running else ""


def _not_decided(decided: DecisionOnSeveral, most: int) -> Iterator[str]:
    """Lines about the plans that were refused, at most `most` by name, or not reached."""
    if refused := decided.refused:
        yield f"*Refused:* {len(refused):,}"
        yield from (f"• {refusal_line(each)}" for each in refused[:most])
        yield from and_more(len(refused) - most)
    if decided.failure:
        yield f":warning: {prose(decided.failure.text)}. {_left(decided)}"


def _left(decided: DecisionOnSeveral) -> str:
    """The first of them may be approved: the answer of the database is unknown."""
    left = count(decided.left, "plan is", "plans are")
    return f"{left} left: check the digest, then choose again." if decided.left else ""


def _stop_all(selection: str) -> ActionsBlock:
    return ActionsBlock(elements=[button("Stop all", STOP_PLANS, selection, style="danger")])


def _answer(lines: Sequence[str]) -> MessageContent:
    return message("\n".join(lines), *full_sections(lines))
