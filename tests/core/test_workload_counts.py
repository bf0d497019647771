"""Which earlier count of workloads a new one is compared with."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from bot.core.plan_problems import UsageDrop
from bot.core.workload_counts import (
    COMPARED_FOR,
    DoubtedUsage,
    UsageConfirmation,
    WorkloadCount,
    WorkloadHistory,
    is_of_last_days,
    usage_drop,
)
from tests.support import NOW

DAY = timedelta(days=1)


def count(workloads: int, days_ago: float) -> WorkloadCount:
    return WorkloadCount(workloads, NOW - days_ago * DAY)


def confirmation(
    before: int, listed: int, *, scanned: float, confirmed: float, by: str = "ann"
) -> UsageConfirmation:
    """`scanned`, `confirmed`: days ago."""
    doubted = DoubtedUsage("ecs", "here", count(listed, scanned), count(before, scanned + 1))
    return UsageConfirmation(doubted, by, NOW - confirmed * DAY)


def most(history: WorkloadHistory, approvers: Collection[str] = ("ann",)) -> int | None:
    found = history.most(NOW, approvers.__contains__)
    return None if found is None else found.workloads


def test_the_first_scan_is_compared_with_none() -> None:
    assert most(WorkloadHistory()) is None


def test_the_most_of_8_days() -> None:
    recent = (count(100, 8.01), count(90, 8), count(70, 2), count(50, 0))
    assert most(WorkloadHistory(recent[-1], recent)) == 90


def test_at_least_the_last_count() -> None:
    assert most(WorkloadHistory(count(60, 30), (count(100, 30), count(60, 30)))) == 60


def test_a_count_ahead_of_the_clock_counts() -> None:
    assert most(WorkloadHistory(count(60, 1), (count(60, 1), count(100, -500)))) == 100


def test_only_counts_since_the_confirmation() -> None:
    """Processes of the last version leave the earlier counts when they confirm."""
    confirmed = confirmation(100, 26, scanned=2, confirmed=1)
    recent = (count(100, 3), count(26, 2), count(27, 1))
    assert most(WorkloadHistory(recent[-1], recent, (confirmed,))) == 27
    before = WorkloadHistory(recent[-1], recent, (confirmed._replace(by="eve"),))
    assert most(before) == 100
    assert most(before, ["eve"]) == 27


def test_the_clocks_of_scan_and_confirmation_differ() -> None:
    """The confirmation is dated before the scan that it confirms."""
    confirmed = confirmation(100, 26, scanned=1, confirmed=2)
    assert most(WorkloadHistory(count(26, 1), (count(80, 1.5), count(26, 1)), (confirmed,))) == 80


def test_a_confirmation_ahead_of_the_clock_leaves_nothing_out() -> None:
    confirmed = confirmation(100, 26, scanned=-500, confirmed=-500)
    assert most(WorkloadHistory(count(26, 1), (count(80, 2), count(26, 1)), (confirmed,))) == 80


def test_confirmations_by_others_lower_nothing() -> None:
    confirmed = (
        confirmation(200, 90, scanned=40, confirmed=40),
        confirmation(90, 40, scanned=30, confirmed=30, by="eve"),
        confirmation(40, 10, scanned=20, confirmed=20, by="eve"),
    )
    history = WorkloadHistory(count(10, 1), (count(10, 1),), confirmed)
    assert most(history) == 90
    assert most(history, ["ann", "eve"]) == 10
    assert most(history, []) == 200


@pytest.mark.parametrize(
    ("listed", "before", "is_drop"),
    [(50, 100, False), (49, 100, True), (0, 1, True), (0, 0, False), (0, None, False)],
)
def test_fewer_than_half_is_a_drop(listed: int, before: int | None, *, is_drop: bool) -> None:
    earlier = None if before is None else count(before, 3)
    found = usage_drop(count(listed, 0), earlier)
    assert bool(found) is is_drop
    if found and earlier:
        assert found == UsageDrop(listed, earlier.workloads, earlier.at)
        assert found.at == NOW


def test_the_last_count_before_a_pause_is_not_the_most_of_8_days() -> None:
    assert is_of_last_days(NOW - COMPARED_FOR, NOW)
    assert not is_of_last_days(NOW - COMPARED_FOR - timedelta(seconds=1), NOW)
