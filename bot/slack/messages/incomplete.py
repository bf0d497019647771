"""A plan that cannot be approved: the failed checks, and their fixes."""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.core.obstacles import Doubt, Obstacle, ScanFailed
from bot.render.obstacles import doubt_words, obstacle_words
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.ids import (
    CONFIRM_USAGE,
    DISMISS_PLAN,
    MOST_IN_LINE,
    SHOW_IMAGES,
    TRY_AGAIN,
    UsageRef,
)
from bot.slack.messages import phrases
from bot.slack.messages.kit import button, context, header, message, section
from bot.slack.view import PlanView
from bot.slack.wording import date, escape, prose

PROBLEMS = 8
MOST_IN_PROBLEM = 600


def incomplete(view: PlanView) -> MessageContent:
    ref = phrases.ref(view)
    return message(
        _text(view),
        header(view.plan.repository.name),
        section(
            ":warning: *Not everything could be checked, so nothing can be deleted.*",
            _meanwhile(view),
        ),
        *_problems(view),
        *map(section, phrases.paused(view.pause)),
        context(
            *phrases.not_checked(view),
            f"{phrases.place_and_version(view)} · {date(view.looked_at)}",
        ),
        ActionsBlock(
            elements=[
                button("Try again", TRY_AGAIN, ref, style="primary"),
                button("Show images", SHOW_IMAGES, ref),
                button("Not this time", DISMISS_PLAN, ref),
            ]
        ),
    )


def _text(view: PlanView) -> str:
    first = prose(obstacle_words(view.content.problems[0]), MOST_IN_PROBLEM)
    more = len(view.content.problems) - 1
    others = f" And {count(more, 'more problem')}." if more else ""
    return (
        f"{escape(view.plan.repository.name)}: not everything could be checked, so nothing can be "
        f"deleted. {first}.{others}"
    )


def _meanwhile(view: PlanView) -> str:
    what = count(len(view.content.problems), "problem")
    return f"Mend {what}, then press *Try again*:"


def _problems(view: PlanView) -> Iterator[Block]:
    problems = view.content.problems
    for place, problem in enumerate(problems[:PROBLEMS]):
        confirm = _confirm_button(view, problem, place)
        said = _doubt(problem) if confirm else obstacle_words(problem)
        yield section(f"• {prose(said, MOST_IN_PROBLEM)}", button=confirm)
    if (more := len(problems) - PROBLEMS) > 0:
        yield context(f"… and {more:,} more: `ecr-clean show {view.plan.id}` lists them all")


def _doubt(problem: Obstacle) -> str:
    """Without the command that confirms it, since the button does."""
    assert isinstance(problem, ScanFailed)
    assert isinstance(problem.cause, Doubt)
    return f"{problem.source} ({problem.scope}): {doubt_words(problem.cause)}"


def _confirm_button(view: PlanView, problem: Obstacle, place: int) -> ButtonElement | None:
    """None if the problem cannot be confirmed, or if its scope is too long for a button; the text
    then contains the command."""
    if not (isinstance(problem, ScanFailed) and isinstance(problem.cause, Doubt)):
        return None
    plan, workloads = view.plan, problem.cause.workloads
    ref = UsageRef(plan.id, plan.version, workloads, problem.source, problem.scope)
    if len(str(ref)) > MOST_IN_LINE:
        return None
    return button("That is right", f"{CONFIRM_USAGE}:{place}", ref)
