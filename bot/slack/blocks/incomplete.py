"""A plan that cannot be approved: what could not be checked, and how to mend it."""

from collections.abc import Iterator, Mapping

from bot.core.usage import SAY_SO
from bot.render.words import count
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import actions, button, context, header, section
from bot.slack.ids import CONFIRM_USAGE, DISMISS_PLAN, SHOW_IMAGES, TRY_AGAIN
from bot.slack.message import Block, Content
from bot.slack.view import PlanView
from bot.slack.wording import date, escape, prose

PROBLEMS = 8
MOST_IN_PROBLEM = 600


def incomplete(view: PlanView) -> Content:
    ref = phrases.ref(view)
    return Content(
        _text(view),
        [
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
            actions(
                button("Try again", TRY_AGAIN, ref, style="primary"),
                button("Show images", SHOW_IMAGES, ref),
                button("Not this time", DISMISS_PLAN, ref),
            ),
        ],
    )


def _text(view: PlanView) -> str:
    first = prose(view.content.problems[0], MOST_IN_PROBLEM)
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
    in_doubt = _places_in_doubt(view)
    for problem in problems[:PROBLEMS]:
        place = in_doubt.get(problem)
        if place is None:
            yield section(f"• {prose(problem, MOST_IN_PROBLEM)}")
        else:
            doubt = f"{problem.partition(SAY_SO)[0]}{SAY_SO}:"
            yield section(f"• {prose(doubt, MOST_IN_PROBLEM)}", button=_confirm_button(view, place))
    if (more := len(problems) - PROBLEMS) > 0:
        yield context(f"… and {more:,} more: `ecr-clean show {view.plan.id}` lists them all")


def _places_in_doubt(view: PlanView) -> Mapping[str, int]:
    """Which problems somebody may end with their word, and where the looks at them stand."""
    looks = enumerate(view.content.usage.looks)
    return {look.problem: place for place, look in looks if look.in_doubt}


def _confirm_button(view: PlanView, place: int) -> Block:
    return button("That is right", f"{CONFIRM_USAGE}:{place}", phrases.ref(view, str(place)))
