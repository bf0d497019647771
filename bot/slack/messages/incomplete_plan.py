"""The message of an incomplete plan: what could not be checked, and the fix."""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject

from bot.core.plan_problems import PlanProblem, ScanFailed, UsageDrop
from bot.render.plan_problem_sentences import (
    last_whole_scan_words,
    plan_problem_words,
    usage_drop_words,
)
from bot.render.quantities import count
from bot.slack.action_ids import (
    CONFIRM_USAGE,
    DISMISS_PLAN,
    MOST_IN_LINE,
    SHOW_IMAGES,
    TRY_AGAIN,
    UsageRef,
)
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import button, context, danger, header, message, section
from bot.slack.mrkdwn import date, escape, pretty_day, prose, shortened
from bot.slack.view_models import PlanView

PROBLEMS = 5

MOST_IN_PROBLEM = 600

MOST_IN_TITLE = 100
"""Of a dialog."""


def incomplete(view: PlanView) -> MessageContent:
    ref = common_texts.ref(view)
    return message(
        _text(view),
        header(f"{common_texts.name_in_header(view)} · {_problem_count(view)}"),
        section(":warning: *Nothing can be deleted until this is fixed:*"),
        *_problems(view),
        *map(section, _warnings(view)),
        *map(context, common_texts.short_memory(view)),
        ActionsBlock(
            elements=[
                button("Retry", TRY_AGAIN, ref, style="primary"),
                button("Review images", SHOW_IMAGES, ref),
                button("Dismiss", DISMISS_PLAN, ref),
            ]
        ),
        context(common_texts.small_print(view, f"checked {date(view.scanned_at)}")),
    )


def _text(view: PlanView) -> str:
    first = prose(plan_problem_words(view.content.problems[0]), MOST_IN_PROBLEM)
    more = len(view.content.problems) - 1
    others = f" And {count(more, 'more problem')}." if more else ""
    return (
        f"{escape(view.plan.repository.name)}: {_problem_count(view)}, so nothing can be deleted. "
        f"{first}.{others}"
    )


def _problem_count(view: PlanView) -> str:
    return f"{count(len(view.content.problems), 'check')} failed"


def _warnings(view: PlanView) -> Iterator[str]:
    yield from common_texts.not_checked(view)
    yield from common_texts.paused(view.pause)


def _problems(view: PlanView) -> Iterator[Block]:
    problems = view.content.problems
    for place, problem in enumerate(problems[:PROBLEMS]):
        confirm = _confirm_button(view, problem, place)
        text = _doubt(problem) if confirm else plan_problem_words(problem)
        last = last_whole_scan_words(view.content.usage.unread_source(problem), pretty_day)
        yield section(f"• {prose(text, MOST_IN_PROBLEM)}{last}", button=confirm)
    if (more := len(problems) - PROBLEMS) > 0:
        yield context(f"… and {more:,} more. *Retry* shows those that are left.")


def _doubt(problem: PlanProblem) -> str:
    """Omits the command that confirms the usage, since the button does the same."""
    assert isinstance(problem, ScanFailed)
    assert isinstance(problem.cause, UsageDrop)
    return f"{problem.place}: {usage_drop_words(problem.cause)}"


def _confirm_button(view: PlanView, problem: PlanProblem, place: int) -> ButtonElement | None:
    """None if the problem is no doubt about usage, or if its scope is too long for a button. The
    text then contains the command."""
    if not (isinstance(problem, ScanFailed) and isinstance(problem.cause, UsageDrop)):
        return None
    plan, drop = view.plan, problem.cause
    ref = UsageRef(plan.id, plan.version, drop.workloads, problem.source, problem.scope)
    if len(str(ref)) > MOST_IN_LINE:
        return None
    dialog = _confirm_dialog(problem.place, drop)
    return button("Confirm usage", f"{CONFIRM_USAGE}:{place}", ref, confirm=dialog)


def _confirm_dialog(place: str, drop: UsageDrop) -> ConfirmObject:
    return danger(
        shortened(f"Confirm {place}?", MOST_IN_TITLE),
        f"Now {usage_drop_words(drop)}. Later scans are compared with {drop.workloads:,}.",
        yes="Confirm usage",
        no="Cancel",
    )
