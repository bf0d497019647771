"""Which reports are due, which plans are posted, and which failures are of the same kind."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import ErrorText, FailedAwsCall
from bot.core.patterns import Patterns
from bot.core.report_schedules import (
    NotDoneWithinADay,
    ReportOutcome,
    ReportRound,
    Schedule,
    ScheduledReport,
    ScheduleEntry,
    TooManyAttempts,
    due_rounds,
    entry_named,
    entry_of,
    why_not_posted,
)
from bot.core.usage import RepositoryUsage, SourceScan
from tests.render.builders import HERE
from tests.usecases.store_env import content

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = MONDAY - 365 * DAY


def entry(*globs: str, schedule: str = "mon 09:00", is_posted: bool = True) -> ScheduleEntry:
    channel = "C1" if is_posted else None
    return ScheduleEntry(
        Patterns.of(*globs), Schedule.parse(schedule, "UTC"), 5.0, channel, digest_over=5
    )


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        (MONDAY - timedelta(seconds=1), False),
        (MONDAY, True),
        (MONDAY + DAY - timedelta(seconds=1), True),
        (MONDAY + DAY, False),
    ],
)
def test_a_missed_report_is_due_within_a_day(now: datetime, *, is_due: bool) -> None:
    found = [ReportRound("*", datetime(2026, 11, 23, 9), 5.0)] if is_due else []  # noqa: DTZ001
    assert list(due_rounds([entry("*")], LONG_AGO, now)) == found


def test_reports_of_before_the_installation_are_not_due() -> None:
    assert not due_rounds([entry("*")], MONDAY, MONDAY + DAY / 2)
    assert due_rounds([entry("*")], MONDAY - timedelta(seconds=1), MONDAY + DAY / 2)


def test_without_a_channel_nothing_is_due() -> None:
    assert not due_rounds([entry("*", is_posted=False)], LONG_AGO, MONDAY)


def test_the_first_of_equal_entries_counts() -> None:
    first, second = entry("a", "b"), entry("a", "b")
    (found,) = due_rounds([first, second], LONG_AGO, MONDAY).values()
    assert found is first
    assert first.name == "a, b"


def test_the_first_matching_entry() -> None:
    api, rest = entry("team/api", is_posted=False), entry("*")
    assert entry_of(HERE, [api, rest]) is api
    assert entry_of(HERE, [rest, api]) is rest
    assert entry_of(HERE, [entry("other")]) is None


def test_which_plans_are_posted() -> None:
    unseen = RepositoryUsage(
        scans=(SourceScan("ecs", "here", 0, ErrorText("it failed")),), not_checked=()
    )
    saves = content("new", "old", "older")
    usd = saves.savings.usd_per_month
    assert why_not_posted(saves, 0) is None
    assert why_not_posted(saves, usd) is None
    assert why_not_posted(saves, usd * 1.01) is ReportOutcome.SMALL
    assert why_not_posted(content("new"), 0) is ReportOutcome.NOTHING
    assert why_not_posted(content("new", usage=unseen), 5) is None


def test_names_of_repositories() -> None:
    this_round = ReportRound("*", datetime(2026, 11, 23, 9), 0)  # noqa: DTZ001
    assert ScheduledReport(HERE.uri, this_round).name == HERE.name


def test_an_entry_by_its_name() -> None:
    """None if the settings have changed since."""
    team, all_ = entry("team/*", "lab/*"), entry("*")
    assert entry_named("team/*, lab/*", [team, all_]) is team
    assert entry_named("*", [team, all_]) is all_
    assert entry_named("lab/*", [team, all_]) is None


def test_failures_of_the_same_call_are_of_the_same_kind() -> None:
    call = FailedAwsCall("ecr:DescribeImages", "AccessDeniedException")
    first, second = ErrorText("no access to a", call), ErrorText("no access to b", call)
    assert first.kind == second.kind != ErrorText("no access to a").kind
    assert NotDoneWithinADay(first).kind == NotDoneWithinADay(second).kind != first.kind
    assert TooManyAttempts(3).kind == TooManyAttempts(3).kind
