"""Sentences for refusals, approvals, plan states and pauses."""

from datetime import datetime
from typing import assert_never

from bot.core import refusal_reasons as why
from bot.core.plan import PlanState
from bot.core.records import Pause
from bot.core.refusal_reasons import ApprovalProblem, Refusal, WorkloadFigures
from bot.core.text_formatting import format_duration, format_time
from bot.core.workload_counts import COMPARED_FOR, is_of_last_days
from bot.render.permission_sentences import only_in_slack, person_refusal_words
from bot.render.pins import pin_words
from bot.render.quantities import count

_STATES = {
    PlanState.PROPOSED: "is proposed but not approved",
    PlanState.APPROVED: "is already approved",
    PlanState.EXECUTING: "is being executed",
    PlanState.DONE: "was executed",
    PlanState.FAILED: "was executed, but some images could not be deleted",
    PlanState.STOPPED: "was stopped during the deletion",
    PlanState.DISMISSED: "was dismissed",
    PlanState.EXPIRED: "expired before it had enough approvals",
    PlanState.SUPERSEDED: "was superseded by a newer version",
}


def state_words(state: PlanState) -> str:
    """The predicate of a sentence whose subject is the plan."""
    return _STATES[state]


def refusal_words(reason: Refusal) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    """A sentence without a full stop."""
    match reason:
        case why.WrongPlanState(repository, state):
            return f"The plan for {repository} {state_words(state)}"
        case why.OutdatedVersion(current, seen):
            return (
                f"Version {current} of the plan has replaced version {seen}: check what changed, "
                "then decide on the new version"
            )
        case why.PlanIncomplete():
            return (
                "The plan is incomplete, so it cannot be approved: fix the problems that it lists, "
                "then request a new plan"
            )
        case why.NoSourceEnabled():
            return (
                "No usage source is switched on, so the plan cannot be approved: switch one on "
                "under `usage`, then request a new plan"
            )
        case why.NothingToDelete():
            return "The plan deletes nothing, so there is nothing to approve"
        case why.ReportOnlyMode():
            return (
                "The settings have `execution.enabled: false`, so plans are only reported and "
                "cannot be approved"
            )
        case why.NoApprovalChannel(repository):
            return (
                f"`reports` sets no channel for {repository}, so its plans cannot be approved in "
                "Slack"
            )
        case why.ApprovableOnlyInSlack(required):
            return f"{only_in_slack(required)}: approve in Slack"
        case why.ApprovableOnlyInChannel(repository, channel):
            return f"Plans for {repository} can be approved only in its channel, {channel}"
        case why.AlreadyApproved(who):
            return f"{who} has already approved this version: another approver is needed"
        case why.RepositoryNameNotTyped(repository, deletions, manifests):
            return (
                f"The plan deletes {deletions:,} of {manifests:,} manifests: type the repository's "
                f"name to confirm: {repository}"
            )
        case why.WrongNameTyped(repository, typed):
            return f"{typed!r} was typed, but the name of the repository is {repository}"
        case why.PinnedByAnotherPerson(pin, of_person):
            return (
                f"{pin_words(pin)}; only {pin.by} or an approver can replace it: "
                f"{refusal_words(of_person)}"
            )
        case why.OutdatedWorkloadCount(workloads, figures):
            return f"The confirmed number, {workloads:,}, is outdated: {figures_words(figures)}"
        case why.AlreadyPaused(by, at, of_person):
            return pause_words(Pause(by, at, of_person))
        case _:
            return person_refusal_words(reason)


def approval_problem_words(lack: ApprovalProblem) -> str:
    """A clause about a plan."""
    match lack:
        case why.TooFewApprovals(required, counted, given, reasons):
            needed = "1 approval" if required == 1 else f"{required} approvals"
            refused = "".join(f"; {refusal_words(each)}" for each in reasons)
            return f"it needs {needed}, but {counted} of {given} count under the settings{refused}"
        case why.UndoWindowOpen(undo_window, waited):
            return (
                f"the undo window of the settings is {format_duration(undo_window)}, but the last "
                f"approval is only {format_duration(waited)} old"
            )
        case _:
            assert_never(lack)


def figures_words(figures: WorkloadFigures) -> str:
    return (
        f"{figures.source} lists {count(figures.workloads, 'workload')} in {figures.scope} "
        f"({format_time(figures.at)}), but listed {figures.before:,} on "
        f"{format_time(figures.before_at)}{most_words(figures.before_at, figures.at)}"
    )


def most_words(before_at: datetime, at: datetime | None) -> str:
    """Continues a clause about the number that a source listed at `before_at`. Empty if that was
    the last scan before a pause. `at`: when it listed less; None if unknown."""
    is_most = at is not None and is_of_last_days(before_at, at)
    return f", the most of the {COMPARED_FOR.days} days before" if is_most else ""


def pause_words(pause: Pause) -> str:
    why_paused = f" ({pause.why})" if pause.why else ""
    return f"{pause.by} paused ecr-clean {format_time(pause.at)}{why_paused}"
