"""The digest: one message about all repositories of a round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from slack_sdk.models.blocks import ActionsBlock, ExternalDataSelectElement, InteractiveElement

from bot.core.digest_figures import DigestFigures, PlanWithSaving
from bot.core.digests import Digest, DigestReport, is_planning
from bot.core.permissions import why_unapprovable
from bot.core.plan import EXECUTED, PlanState
from bot.core.plan_problems import PlanProblem
from bot.core.prices import StorageCost
from bot.core.records import Pause, PlanRecord
from bot.core.report_schedules import (
    ReportOutcome,
    ReportRound,
    RoundSummary,
    UnlistedRegistry,
)
from bot.render.plan_problem_sentences import plan_problem_words
from bot.render.quantities import count, size, yearly
from bot.render.refusals import refusal_words
from bot.slack.action_ids import APPROVE_PLANS, DISMISS_PLANS, OPEN_REPORT
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import (
    JsonBlock,
    as_json,
    button,
    command_button,
    context,
    danger,
    header,
    message,
    plain,
    section,
)
from bot.slack.messages.common_texts import cost
from bot.slack.messages.data_tables import FITTING_CHARACTERS
from bot.slack.messages.digest_charts import digest_charts, largest_savings
from bot.slack.messages.digest_notices import planning_digest_message
from bot.slack.messages.digest_table import (
    StateTerms,
    all_images,
    digest_table,
    images_to_delete,
)
from bot.slack.messages.plain_blocks import characters
from bot.slack.messages.report_progress import failure_lines
from bot.slack.mrkdwn import code, escape, prose

MOST_BLOCKED = 3
"""Blocked plans whose reason is shown."""

MOST_IN_REASON = 300
MOST_IN_TEXT = 1500
MOST_IN_MESSAGE = 9500
"""Characters. Slack documents no limit, and refuses some messages of 11,000."""

MOST_FAILURES = 2
"""Lines. The CSV file has all failures."""

_EVERY = {1: "Weekly ", 7: "Daily "}
"""By the number of days in a week."""


@dataclass(frozen=True, slots=True)
class DigestView:
    """`problems`: of the first blocked plans, by ID. `days_a_week`: on which the round is
    scheduled, 0 if a user requested it. `required`: approvals. `saved`: by all runs so far."""

    digest: Digest
    reports: Sequence[DigestReport]
    missed: Sequence[UnlistedRegistry]
    figures: DigestFigures
    problems: Mapping[str, Sequence[PlanProblem]]
    days_a_week: int
    required: int
    report_only: bool
    saved: StorageCost
    pause: Pause | None
    now: datetime

    @property
    def terms(self) -> StateTerms:
        return StateTerms(self.required, self.pause, self.now)


def digest_message(view: DigestView) -> MessageContent:
    if is_planning(view.digest, view.reports):
        outcomes = view.figures.outcomes
        return planning_digest_message(len(view.reports) - outcomes[None], len(view.reports))
    text = _text(view)
    return message(text, *_blocks(view, text))


def digest_title(view: DigestView) -> str:
    """Plain text: `Weekly ECR cleanup · 42 repositories could save $394 a year`"""
    return f"{_EVERY.get(view.days_a_week, '')}ECR cleanup · {_effect(view.figures)}"


def _effect(figures: DigestFigures) -> str:
    if waiting := figures.waiting:
        saving = figures.saving(waiting).usd_per_month
        usd = yearly(saving, exact=all(each.plan.exact for each in waiting))
        could = f"could save {usd}" if saving > 0 else "can be cleaned up"
        return f"{_repositories(len(waiting))} {could}"
    if blocked := len(figures.blocked):
        return f"{_repositories(blocked)} {'is' if blocked == 1 else 'are'} blocked"
    return "every plan is decided" if figures.plans else "nothing to delete"


def _text(view: DigestView) -> str:
    lines = [
        f"{escape(digest_title(view))}.",
        *_waiting(view.figures),
        *_decided(view.figures),
        *_chart_numbers(view.figures),
        f"{_small_print(view)}.",
        *_blocked_lines(view),
        *_failures(view),
    ]
    room = accumulate(len(line) + 1 for line in lines)
    return " ".join(line for line, end in zip(lines, room, strict=True) if end <= MOST_IN_TEXT)


def _blocks(view: DigestView, text: str) -> Iterator[JsonBlock]:
    above, below = list(_above_table(view)), list(_below_table(view))
    yield from above
    if view.figures.plans:
        others = sum(map(characters, as_json([*above, *below])))
        room = min(FITTING_CHARACTERS, MOST_IN_MESSAGE - len(text) - others)
        table, left_out = digest_table(_caption(view), view.figures.plans, view.terms, room)
        yield table
        if left_out:
            yield context(f"… and {left_out:,} more in the CSV file in the thread.")
    yield from below


def _caption(view: DigestView) -> str:
    """Repeats the title, which is a screen above the end of the table."""
    effect = _effect(view.figures)
    return f"{effect[0].upper()}{effect[1:]} · largest saving first"


def _above_table(view: DigestView) -> Iterator[JsonBlock]:
    yield header(digest_title(view))
    if lines := [*_waiting(view.figures), *_decided(view.figures)]:
        yield section(*lines)
    if lines := [*common_texts.paused(view.pause), *_report_only(view)]:
        yield section(*lines)
    yield from digest_charts(view.figures)


def _below_table(view: DigestView) -> Iterator[JsonBlock]:
    yield from _blocked(view)
    yield from (section(f":warning: {each}") for each in _failures(view))
    if buttons := [*_buttons(view)]:
        yield ActionsBlock(elements=buttons)
    yield context(_small_print(view))


def _waiting(figures: DigestFigures) -> Iterator[str]:
    """What approving all plans that wait would delete, and what they saved a week ago."""
    if not figures.waiting:
        return
    plans = [each.plan for each in figures.waiting]
    deleted, images = sum(map(images_to_delete, plans)), sum(map(all_images, plans))
    freed = size(figures.saving(figures.waiting).bytes)
    last = figures.last_week
    usd = escape(yearly(last.usd_per_month)) if last else ""
    week_ago = f" Last week, they could have saved {usd}." if last else ""
    yield (
        f"*Approving all deletes {deleted:,} of {count(images, 'image')} and frees {freed}.* "
        f"Nothing is deleted before an approval.{week_ago}"
    )


def _decided(figures: DigestFigures) -> Iterator[str]:
    """`3 approved · 2 deleting · 12 deleted · saved $84 a year`"""
    facts = [
        *_number(figures.in_state(PlanState.APPROVED), "approved"),
        *_number(figures.in_state(PlanState.EXECUTING), "deleting"),
        *_number(figures.in_state(PlanState.DONE), "deleted"),
        *_number(figures.in_state(PlanState.FAILED), "failed"),
        *_number(figures.in_state(PlanState.STOPPED), "stopped"),
        *_number(figures.in_state(PlanState.DISMISSED), "dismissed"),
        *_number(figures.in_state(PlanState.EXPIRED), "expired"),
        *_saved(figures),
    ]
    if facts:
        yield " · ".join(facts)


def _number(plans: Sequence[PlanWithSaving], words: str) -> Iterator[str]:
    if plans:
        yield f"{len(plans):,} {words}"


def _saved(figures: DigestFigures) -> Iterator[str]:
    """By the plans of the digest."""
    saved = figures.saving(figures.in_state(*EXECUTED))
    if saved.bytes:
        yield f"saved {escape(yearly(saved.usd_per_month))}"


def _chart_numbers(figures: DigestFigures) -> Iterator[str]:
    """What the charts show, for workspaces and readers without them."""
    if largest := largest_savings(figures):
        savings = ", ".join(
            f"{code(each.plan.repository.name)} {escape(yearly(each.saving.usd_per_month))}"
            for each in largest
        )
        yield f"Largest savings: {savings}."
    if len(figures.stored) > 1:
        first, last = figures.stored[0], figures.stored[-1]
        yield f"Stored: {size(last.bytes)} ({size(first.bytes)} on {first.at:%Y-%m-%d})."


def _report_only(view: DigestView) -> Iterator[str]:
    if view.report_only:
        yield "Report only: the settings have `execution.enabled: false`."


def _blocked(view: DigestView) -> Iterator[JsonBlock]:
    """The first blocked plans with their reasons. *How to fix* makes a new report, which shows all
    problems with their fixes."""
    named = view.figures.blocked[:MOST_BLOCKED]
    for number, (each, line) in enumerate(zip(named, _blocked_lines(view), strict=False)):
        fix = command_button("How to fix", number, f"report {each.plan.repository.uri}")
        yield section(line, button=fix)
    if more := len(view.figures.blocked) - len(named):
        yield context(f"… and {count(more, 'more repository', 'more repositories')} blocked.")


def _blocked_lines(view: DigestView) -> Iterator[str]:
    for plan, _ in view.figures.blocked[:MOST_BLOCKED]:
        why = prose(_why_blocked(plan, view.problems.get(plan.id, ())), MOST_IN_REASON)
        yield f"⛔ *Blocked:* {code(plan.repository.name)}: {why}"


def _why_blocked(plan: PlanRecord, problems: Sequence[PlanProblem]) -> str:
    if problems:
        return plan_problem_words(problems[0])
    reason = why_unapprovable(plan)
    return refusal_words(reason) if reason else ""


def _failures(view: DigestView) -> Sequence[str]:
    reports = tuple(each.report for each in view.reports)
    round_ = ReportRound(view.digest.entry, view.digest.local, 0.0)
    return failure_lines(RoundSummary(round_, reports, tuple(view.missed)), MOST_FAILURES)


def _buttons(view: DigestView) -> Iterator[InteractiveElement]:
    is_waiting = bool(view.figures.waiting)
    if is_waiting and not view.report_only:
        yield button("Approve several…", APPROVE_PLANS, view.digest.id, style="primary")
    if view.figures.plans:
        yield ExternalDataSelectElement(
            placeholder=plain("Open a report"), action_id=OPEN_REPORT, min_query_length=0
        )
    if is_waiting or view.figures.blocked:
        undecided = len(view.figures.waiting) + len(view.figures.blocked)
        confirm = danger(
            f"Dismiss {count(undecided, 'plan')}?",
            "Nothing is deleted. Approved plans stay approved. The next round proposes new plans.",
            yes="Dismiss all",
            no="Cancel",
        )
        yield button("Dismiss all…", DISMISS_PLANS, view.digest.id, confirm=confirm)


def _small_print(view: DigestView) -> str:
    outcomes = view.figures.outcomes
    small = [each.report for each in view.reports if each.report.outcome is ReportOutcome.SMALL]
    facts = []
    if clean := outcomes[ReportOutcome.NOTHING]:
        facts.append(f":white_check_mark: {clean:,} clean")
    if small:
        usd = escape(yearly(sum(each.usd for each in small)))
        facts.append(f"{len(small):,} small, {usd} together")
    if pending := outcomes[None]:
        facts.append(f"{pending:,} still being planned")
    facts.append(f"freed so far: {cost(view.saved)}")
    return " · ".join(facts)


def _repositories(number: int) -> str:
    return count(number, "repository", "repositories")
