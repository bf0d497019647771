"""What of a round of reports has no message of its own, in a line or two."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.core.due import DueOutcome, DueReport, Rest
from bot.render.words import count, money
from bot.slack.api import MessageContent
from bot.slack.blocks.kit import and_more, context, section
from bot.slack.wording import codes, prose

MOST_NAMES = 20
MOST_FAILURES = 5
MOST_IN_CAUSE = 400
IT = "the repository"


def rest_message(rest: Rest) -> MessageContent:
    quiet = "; ".join(_quiet(rest))
    failures = _at_most([*_not_planned(rest), *_not_listed(rest)])
    line = f"{quiet}." if quiet else ""
    blocks = [context(line)] if line else []
    blocks += [section(f":warning: {each}") for each in failures]
    return MessageContent(" ".join(filter(None, [line, *failures])), blocks)


def _at_most(failures: Sequence[str]) -> Sequence[str]:
    return [*failures[:MOST_FAILURES], *and_more(len(failures) - MOST_FAILURES)]


def _quiet(rest: Rest) -> Iterator[str]:
    if nothing := _with(rest, DueOutcome.NOTHING):
        yield f"{_repositories(nothing, 'has', 'have')} nothing to delete"
    if small := _with(rest, DueOutcome.SMALL):
        who = _repositories(small, "saves", "save") if not nothing else _of_those(small)
        yield f"{who} {_how_little(small)}: {_names(small)}"


def _of_those(small: Sequence[DueReport]) -> str:
    return f"{len(small):,} {'saves' if len(small) == 1 else 'save'}"


def _how_little(small: Sequence[DueReport]) -> str:
    limit = money(max(each.round.min_saving for each in small))
    saves = money(sum(each.usd for each in small))
    if len(small) == 1:
        return f"less than {limit} a month ({saves})"
    return f"less than {limit} a month each ({saves} together)"


def _not_planned(rest: Rest) -> Iterator[str]:
    """Those with the same cause in one line."""
    by_cause: defaultdict[str, list[DueReport]] = defaultdict(list)
    for each in _with(rest, DueOutcome.FAILED):
        by_cause[_cause(each)].append(each)
    for cause, reports in by_cause.items():
        cannot = "cannot be planned"
        yield f"{_repositories(reports, cannot, cannot)} ({_names(reports)}): {cause}"


def _cause(report: DueReport) -> str:
    """Without its name where that stands by itself: the errors of AWS, of the settings and of the
    database are stored as sentences, and repositories that fail alike share one."""
    text = report.error.text if report.error else ""
    names = "|".join(map(re.escape, (report.repository, report.name)))
    by_itself = rf"(?<![\w./:@-])(?:{IT} )?(?:{names})(?![\w/@-]|[.:]\w)"
    return prose(re.sub(by_itself, IT, text), MOST_IN_CAUSE)


def _not_listed(rest: Rest) -> Iterator[str]:
    for registry, error in rest.missed:
        yield (
            f"A registry ({prose(registry)}) cannot be listed, so that its reports are missing: "
            f"{prose(error.text, MOST_IN_CAUSE)}"
        )


def _with(rest: Rest, outcome: DueOutcome) -> Sequence[DueReport]:
    return [each for each in rest.reports if each.outcome is outcome]


def _repositories(reports: Sequence[DueReport], one: str, many: str) -> str:
    number = len(reports)
    return f"{count(number, 'repository', 'repositories')} {one if number == 1 else many}"


def _names(reports: Sequence[DueReport]) -> str:
    return codes((each.name for each in reports), MOST_NAMES)
