"""Refusals as sentences, and the states of plans."""

from typing import assert_never

from bot.core import refusal_reasons as why
from bot.core.plan import PlanState
from bot.core.records import Pause
from bot.core.refusal_reasons import ApprovalProblem, Refusal, UsageFigures
from bot.core.text_formatting import format_duration, format_time
from bot.render.permission_sentences import only_in_slack, person_refusal_words
from bot.render.pins import pin_words

_STATES = {
    PlanState.PROPOSED: "is proposed, and not approved",
    PlanState.APPROVED: "is approved already",
    PlanState.EXECUTING: "is being carried out",
    PlanState.DONE: "was carried out",
    PlanState.FAILED: "was carried out, and something could not be deleted",
    PlanState.STOPPED: "was stopped while it was carried out",
    PlanState.DISMISSED: "was dismissed",
    PlanState.EXPIRED: "expired before enough people approved it",
    PlanState.SUPERSEDED: "was superseded by a newer version",
}


def state_words(state: PlanState) -> str:
    """The end of a sentence about a plan."""
    return _STATES[state]


def refusal_words(reason: Refusal) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    """A sentence without its full stop."""
    match reason:
        case why.WrongPlanState(repository, state):
            return f"The plan for {repository} {state_words(state)}"
        case why.OutdatedVersion(current, seen):
            return (
                f"A newer version was proposed: version {current} counts now, and not version "
                f"{seen}; look at what changed, and decide about that"
            )
        case why.PlanIncomplete():
            return (
                "The plan is incomplete, so nobody can approve it: mend what it names, and propose "
                "it again"
            )
        case why.NoSourceEnabled():
            return (
                "No source of usage is on, so nobody can approve the plan: switch one on under "
                "`usage`, and propose it again"
            )
        case why.NothingToDelete():
            return "The plan deletes nothing, so there is nothing to approve"
        case why.ReportOnlyMode():
            return (
                "The settings have `execution.enabled: false`, so plans are only reported, and "
                "nobody can approve them"
            )
        case why.NoApprovalChannel(repository):
            return (
                f"The settings give {repository} no channel under `reports`, so it cannot be "
                "approved in Slack"
            )
        case why.ApprovableOnlyInSlack(required):
            return f"{only_in_slack(required)}: approve in Slack"
        case why.ApprovableOnlyInChannel(repository, channel):
            return f"{repository} can be approved only in its own channel, {channel}"
        case why.AlreadyApproved(who):
            return f"{who} has approved this version already: somebody else has to, too"
        case why.RepositoryNameNotTyped(repository, deletions, manifests):
            return (
                f"The plan deletes {deletions:,} of {manifests:,} manifests, so the repository's "
                f"name has to be typed to confirm it: {repository}"
            )
        case why.WrongNameTyped(repository, typed):
            return f"{typed!r} was typed, but the repository is called {repository}"
        case why.PinnedByAnotherPerson(pin, of_person):
            return (
                f"{pin_words(pin)}; whoever replaces it has to be {pin.by} or an approver: "
                f"{refusal_words(of_person)}"
            )
        case why.WrongWorkloadCount(workloads, figures):
            return f"{workloads:,} workloads is not what is true now: {figures_words(figures)}"
        case why.AlreadyPaused(by, at, of_person):
            return pause_words(Pause(by, at, of_person))
        case _:
            return person_refusal_words(reason)


def approval_lack_words(lack: ApprovalProblem) -> str:
    """A part of a sentence about a plan."""
    match lack:
        case why.TooFewApprovals(required, counted, given, reasons):
            needed = "1 approval" if required == 1 else f"{required} approvals"
            refused = "".join(f"; {refusal_words(each)}" for each in reasons)
            return f"it needs {needed}, and {counted} of {given} count here{refused}"
        case why.UndoWindowOpen(undo_window, waited):
            return (
                f"the undo window here is {format_duration(undo_window)}, and the last approval "
                f"was {format_duration(waited)} before"
            )
        case _:
            assert_never(lack)


def figures_words(figures: UsageFigures) -> str:
    return (
        f"{figures.source} lists {figures.workloads:,} workloads in {figures.scope} (seen "
        f"{format_time(figures.at)}), where it listed {figures.before:,} before (seen "
        f"{format_time(figures.before_at)})"
    )


def pause_words(pause: Pause) -> str:
    why_paused = f" ({pause.why})" if pause.why else ""
    when = format_time(pause.at)
    return f"{pause.by} paused ecr-clean {when}{why_paused}, until somebody resumes it"
