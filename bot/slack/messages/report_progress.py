"""Messages in place of a report: planning is in progress, it failed, or the report is part of the
summary of a scheduled run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import NamedTuple

from bot.core.report_schedules import ReportFailure, ReportOutcome, RoundSummary, ScheduledReport
from bot.render.errors import failure_words
from bot.render.quantities import count, yearly
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import and_more, context, message, section, sections
from bot.slack.messages.common_texts import progress_bar
from bot.slack.mrkdwn import code, codes, escape, mention, prose, shortened

MOST_NAMES = 5
"""Repositories that a line of a summary names. A reply in its thread names all."""

MOST_IN_LIST = 9_000
"""Characters of the reply."""

NAMES_IN_LINE = 8
"""As many long names as fit: five lines are one section."""

MOST_FAILURES = 5
MOST_IN_CAUSE = 500
MOST_IN_FAILURE = 1500
MOST_IN_NAME = 256


_HEADINGS = {
    ReportOutcome.NOTHING: "Nothing to delete",
    ReportOutcome.SMALL: "Small savings",
    ReportOutcome.FAILED: "Could not be planned",
}


class _FailedReport(NamedTuple):
    repository: str
    why: ReportFailure


def requested_message(repository: str, by: str) -> MessageContent:
    """`repository`: as the requester typed it; `by`: the requester's Slack ID."""
    who = mention(by)
    return message(
        f"Scanning {_name(repository)} for {who} …",
        context(f":hourglass_flowing_sand: Scanning {code(repository)} for {who} …"),
    )


def planning_message(repository: str, step: str, done: int, total: int) -> MessageContent:
    """`step`: the current step, of which `done` of `total` is done; `total` is 0 if unknown."""
    progress = f": {done:,} of {total:,}" if total else ""
    bar = f"  {progress_bar(done, total)}" if total else ""
    status = f"{prose(step)}{progress}"
    return message(
        f"{_name(repository)}: {status} …",
        context(f":hourglass_flowing_sand: {code(repository)}: {status}{bar}"),
    )


def failed_message(sentence: str) -> MessageContent:
    text = prose(sentence, MOST_IN_FAILURE)
    return message(text, section(f":warning: {text}"))


def summary_message(summary: RoundSummary) -> MessageContent:
    """The summary of the scheduled reports that have no message of their own."""
    quiet = "; ".join(_without_message(summary))
    line = f"{quiet}." if quiet else ""
    failures = failure_lines(summary, MOST_FAILURES)
    text = " ".join(filter(None, [line, *failures]))
    warnings = (section(f":warning: {each}") for each in failures)
    return message(text, *([context(line)] if line else []), *warnings)


def failure_lines(summary: RoundSummary, most: int) -> Sequence[str]:
    """What could not be planned or listed: a line for each of the first kinds of failures."""
    failures = [*_not_planned(summary), *_not_listed(summary)]
    return [*failures[:most], *and_more(len(failures) - most)]


def _name(repository: str) -> str:
    return escape(shortened(repository, MOST_IN_NAME))


def summary_list_message(summary: RoundSummary) -> MessageContent | None:
    """The names of all repositories in the summary. None if the summary itself names them."""
    groups = [each for each in _groups(summary) if len(each.reports) > MOST_NAMES]
    if not groups:
        return None
    lines = list(_fitting(line for group in groups for line in _all_names(group)))
    return message(f"All repositories: {groups[0].heading}", *sections(lines))


class _SummaryGroup(NamedTuple):
    heading: str
    reports: Sequence[ScheduledReport]


def _groups(summary: RoundSummary) -> Iterator[_SummaryGroup]:
    for outcome, heading in _HEADINGS.items():
        yield _SummaryGroup(heading, _with(summary, outcome))


def _all_names(group: _SummaryGroup) -> Iterator[str]:
    yield f"*{group.heading}:*"
    names = [code(each.name) for each in group.reports]
    for start in range(0, len(names), NAMES_IN_LINE):
        yield ", ".join(names[start : start + NAMES_IN_LINE])


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    room = MOST_IN_LIST
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            yield f"… and more: `{COMMAND} list` lists repositories"
            return
        yield line


def _without_message(summary: RoundSummary) -> Iterator[str]:
    if nothing := _with(summary, ReportOutcome.NOTHING):
        subject = _repositories(nothing, "has", "have")
        yield f"{subject} nothing to delete: {_names(each.name for each in nothing)}"
    if small := _with(summary, ReportOutcome.SMALL):
        subject = _repositories(small, "saves", "save") if not nothing else _number(small)
        yield f"{subject} {_small_savings(small)}: {_names(each.name for each in small)}"


def _number(small: Sequence[ScheduledReport]) -> str:
    return f"{len(small):,} {'saves' if len(small) == 1 else 'save'}"


def _small_savings(small: Sequence[ScheduledReport]) -> str:
    limit = escape(yearly(max(each.round.min_saving for each in small)))
    saves = escape(yearly(sum(each.usd for each in small)))
    each = "" if len(small) == 1 else " each"
    together = "" if len(small) == 1 else " together"
    return f"less than {limit.removeprefix('&lt; ')}{each} ({saves}{together})"


def _not_planned(summary: RoundSummary) -> Iterator[str]:
    """One line for all failures of the same kind."""
    by_kind: defaultdict[object, list[_FailedReport]] = defaultdict(list)
    for each in summary.reports:
        if each.error:
            by_kind[each.error.kind].append(_FailedReport(each.name, each.error))
    verb = "could not be planned"
    for failed in by_kind.values():
        names = _names(each.repository for each in failed)
        yield f"{_repositories(failed, verb, verb)} ({names}){_why(failed)}"


def _why(failed: Sequence[_FailedReport]) -> str:
    """The failure that all reports share, or the first one as an example."""
    first = failed[0]
    words = prose(failure_words(first.why), MOST_IN_CAUSE)
    if all(each.why == first.why for each in failed):
        return f": {words}"
    return f". For example, {code(first.repository)}: {words}"


def _not_listed(summary: RoundSummary) -> Iterator[str]:
    for registry, error in summary.missed:
        yield (
            f"Registry {prose(registry)} could not be listed, so its reports are missing: "
            f"{prose(error.text, MOST_IN_CAUSE)}"
        )


def _with(summary: RoundSummary, outcome: ReportOutcome) -> Sequence[ScheduledReport]:
    return [each for each in summary.reports if each.outcome is outcome]


def _repositories(which: Sized, one: str, many: str) -> str:
    number = len(which)
    return f"{count(number, 'repository', 'repositories')} {one if number == 1 else many}"


def _names(names: Iterable[str]) -> str:
    return codes(names, MOST_NAMES)
