"""Short messages in place of a report: it is being made, it failed, or it has nothing to show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import NamedTuple

from bot.core.report_schedules import ReportFailure, ReportOutcome, RoundSummary, ScheduledReport
from bot.render.errors import failure_words
from bot.render.quantities import count, money
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import and_more, context, message, section
from bot.slack.messages.common_texts import progress_bar
from bot.slack.mrkdwn import code, codes, escape, mention, prose, shortened

MOST_NAMES = 20
MOST_FAILURES = 5
MOST_IN_CAUSE = 500
MOST_IN_FAILURE = 1500
MOST_IN_NAME = 256


class _Failed(NamedTuple):
    repository: str
    why: ReportFailure


def asked_message(repository: str, by: str) -> MessageContent:
    """`repository`: as the requester typed it; `by`: the requester's Slack id."""
    who = mention(by)
    return message(
        f"Looking into {_name(repository)} for {who} …",
        context(f":hourglass_flowing_sand: Looking into {code(repository)} for {who} …"),
    )


def planning_message(repository: str, step: str, done: int, total: int) -> MessageContent:
    """`step`: the current one, `done` of `total` so far; `total` is 0 if unknown."""
    how_far = f": {done:,} of {total:,}" if total else ""
    bar = f"  {progress_bar(done, total)}" if total else ""
    said = f"{prose(step)}{how_far}"
    return message(
        f"{_name(repository)}: {said} …",
        context(f":hourglass_flowing_sand: {code(repository)}: {said}{bar}"),
    )


def failed_message(sentence: str) -> MessageContent:
    said = prose(sentence, MOST_IN_FAILURE)
    return message(said, section(f":warning: {said}"))


def rest_message(rest: RoundSummary) -> MessageContent:
    """All scheduled reports that have no message of their own."""
    quiet = "; ".join(_quiet(rest))
    line = f"{quiet}." if quiet else ""
    failures = _at_most([*_not_planned(rest), *_not_listed(rest)])
    text = " ".join(filter(None, [line, *failures]))
    warnings = (section(f":warning: {each}") for each in failures)
    return message(text, *([context(line)] if line else []), *warnings)


def _name(repository: str) -> str:
    return escape(shortened(repository, MOST_IN_NAME))


def _at_most(failures: Sequence[str]) -> Sequence[str]:
    return [*failures[:MOST_FAILURES], *and_more(len(failures) - MOST_FAILURES)]


def _quiet(rest: RoundSummary) -> Iterator[str]:
    if nothing := _with(rest, ReportOutcome.NOTHING):
        yield f"{_repositories(nothing, 'has', 'have')} nothing to delete"
    if small := _with(rest, ReportOutcome.SMALL):
        who = _repositories(small, "saves", "save") if not nothing else _of_those(small)
        yield f"{who} {_how_little(small)}: {_names(each.name for each in small)}"


def _of_those(small: Sequence[ScheduledReport]) -> str:
    return f"{len(small):,} {'saves' if len(small) == 1 else 'save'}"


def _how_little(small: Sequence[ScheduledReport]) -> str:
    limit = money(max(each.round.min_saving for each in small))
    saves = money(sum(each.usd for each in small))
    if len(small) == 1:
        return f"less than {limit} a month ({saves})"
    return f"less than {limit} a month each ({saves} together)"


def _not_planned(rest: RoundSummary) -> Iterator[str]:
    """One line for all failures of the same kind."""
    by_kind: defaultdict[object, list[_Failed]] = defaultdict(list)
    for each in rest.reports:
        if each.error:
            by_kind[each.error.kind].append(_Failed(each.name, each.error))
    cannot = "cannot be planned"
    for failed in by_kind.values():
        names = _names(each.repository for each in failed)
        yield f"{_repositories(failed, cannot, cannot)} ({names}){_why(failed)}"


def _why(failed: Sequence[_Failed]) -> str:
    """The failure of all of them, or the first one as an example."""
    first = failed[0]
    words = prose(failure_words(first.why), MOST_IN_CAUSE)
    if all(each.why == first.why for each in failed):
        return f": {words}"
    return f". For example, {code(first.repository)}: {words}"


def _not_listed(rest: RoundSummary) -> Iterator[str]:
    for registry, error in rest.missed:
        yield (
            f"A registry ({prose(registry)}) cannot be listed, so that its reports are missing: "
            f"{prose(error.text, MOST_IN_CAUSE)}"
        )


def _with(rest: RoundSummary, outcome: ReportOutcome) -> Sequence[ScheduledReport]:
    return [each for each in rest.reports if each.outcome is outcome]


def _repositories(which: Sized, one: str, many: str) -> str:
    number = len(which)
    return f"{count(number, 'repository', 'repositories')} {one if number == 1 else many}"


def _names(names: Iterable[str]) -> str:
    return codes(names, MOST_NAMES)
