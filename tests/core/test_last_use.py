"""How far the remembered scans of usage reach back."""

from datetime import timedelta

import pytest

from bot.core.last_use import LastUse, MemoryReach, ScanPlace, covered_since
from tests.support import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ECS, LAMBDA = ScanPlace("ecs", "here"), ScanPlace("lambda", "here")


@pytest.mark.parametrize(
    ("hours_ago", "covered"),
    [
        ([], None),
        ([0], 0),
        ([0, 6, 12], 12),
        ([12, 0, 6], 12),
        ([0, 12, 25], 12),
        ([12, 18], 18),
        ([13, 18], None),
        ([-0.5, 6], 6),
        ([-24, 0, 6], 6),
    ],
)
def test_scans_cover_the_time_up_to_the_first_gap(
    hours_ago: list[float], covered: float | None
) -> None:
    scans = {ECS: [NOW - hours * HOUR for hours in hours_ago]}
    expected = None if covered is None else NOW - covered * HOUR
    assert covered_since(scans, NOW, 12 * HOUR) == expected


def test_the_place_with_the_shortest_memory_counts() -> None:
    times = [NOW, NOW - 6 * HOUR]
    assert covered_since({ECS: times, LAMBDA: times[:1]}, NOW, 12 * HOUR) == NOW
    assert covered_since({ECS: times, LAMBDA: []}, NOW, 12 * HOUR) is None
    assert covered_since({}, NOW, 12 * HOUR) is None


def test_scans_that_are_not_regular_cover_nothing() -> None:
    assert covered_since({ECS: [NOW]}, NOW, None) is None


def test_the_reach_is_whole_once_it_covers_the_duration() -> None:
    assert MemoryReach(NOW - DAY, DAY).is_whole(NOW)
    assert not MemoryReach(NOW - DAY + HOUR, DAY).is_whole(NOW)
    assert not MemoryReach(None, DAY).is_whole(NOW)


def test_some_users_are_remembered_and_the_others_counted() -> None:
    assert LastUse.by(NOW, {"b"}) == LastUse(NOW, ("b",))
    assert LastUse.by(NOW, ["e", "d", "c", "b", "a"]) == LastUse(NOW, ("a", "b", "c"), 2)
