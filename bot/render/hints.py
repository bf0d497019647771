"""Sentences for hints, with the command of the surface on which they are shown."""

from enum import StrEnum
from typing import assert_never

from bot.core.hints import ConfirmUsage, DidYouMean, Hint, ListDeletions, ListManifests, ListPlans


class Surface(StrEnum):
    """Where a text is shown. The value is the command there."""

    TERMINAL = "ecr-clean"
    SLACK = "/ecr-clean"


def hint_words(hint: Hint, surface: Surface) -> str:
    """A clause without a full stop."""
    return _in_slack(hint) if surface is Surface.SLACK else _in_terminal(hint)


def _in_terminal(hint: Hint) -> str:
    match hint:
        case DidYouMean(name):
            return f"did you mean {name}?"
        case ListPlans():
            return "ecr-clean plans lists all plans"
        case ListManifests(repository):
            return f"ecr-clean plan {repository} lists all of them"
        case ListDeletions(plan, _):
            return f"ecr-clean show {plan} --format csv lists its deletions"
        case ConfirmUsage(source, scope, workloads):
            return f"ecr-clean confirm-usage {source} '{scope}' --workloads {workloads}"
        case _:
            assert_never(hint)


def _in_slack(hint: Hint) -> str:
    match hint:
        case DidYouMean(name):
            return f"did you mean {name}?"
        case ListPlans():
            return "`/ecr-clean status` lists open plans, and `/ecr-clean history` others"
        case ListManifests(repository):
            return f"the CSV file in the thread of `/ecr-clean {repository}` lists all of them"
        case ListDeletions(_, repository):
            return f"`/ecr-clean history {repository}` lists its plans"
        case ConfirmUsage():
            return "*Confirm usage* in the report"
        case _:
            assert_never(hint)
