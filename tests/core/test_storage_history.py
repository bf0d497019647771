"""What a repository stored over time, against repositories whose blobs are known one by one."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.manifest import Blob
from bot.core.storage_history import (
    RECONSTRUCTED_WEEKS,
    WEEK,
    ManifestLifetime,
    RunFreed,
    StorageDay,
    StorageHistory,
    reconstruct,
)
from tests.support import NOW

BASE, APP, OTHER = Blob("sha256:base", 1000), Blob("sha256:app", 30), Blob("sha256:other", 7)


def weeks_ago(number: float) -> datetime:
    return NOW - number * WEEK


def measured(
    weeks: float, stored: int | None, in_use: int | None = None, freeable: int | None = None
) -> StorageDay:
    return StorageDay(weeks_ago(weeks), 1, stored, in_use, freeable)


def freed(weeks: float, number_of_bytes: int, unconfirmed: int = 0) -> RunFreed:
    return RunFreed("plan", weeks_ago(weeks), number_of_bytes, unconfirmed)


lifetimes = st.lists(
    st.builds(
        lambda blobs, pushed, days: ManifestLifetime(
            [Blob(f"sha256:{name}", 10**name) for name in sorted(blobs)],
            NOW - pushed,
            *([NOW - pushed + days] if days is not None else []),
        ),
        st.sets(st.integers(0, 9)),
        st.timedeltas(timedelta(0), 60 * WEEK),
        st.none() | st.timedeltas(timedelta(seconds=1), 30 * WEEK),
    ),
    max_size=20,
)


@given(lifetimes)
def test_every_point_is_right_to_the_byte(every: list[ManifestLifetime]) -> None:
    for day in reconstruct(every, NOW):
        there = [each for each in every if each.pushed_at <= day.at < each.deleted_at]
        assert day.manifests == len(there)
        assert day.stored_bytes == sum(
            blob.size for blob in {blob for each in there for blob in each.blobs}
        )
        assert not day.is_measured


@given(lifetimes)
def test_points_are_weeks_and_reach_back_to_nothing_or_a_year(
    every: list[ManifestLifetime],
) -> None:
    days = reconstruct(every, NOW)
    weeks = [(NOW - day.at) / WEEK for day in days]
    assert weeks == list(range(len(days), 0, -1))
    if 0 < len(days) < RECONSTRUCTED_WEEKS:
        assert days[0].manifests == 0
        assert all(each.pushed_at > days[0].at or each.deleted_at <= days[0].at for each in every)


def test_a_shared_layer_is_stored_once_from_its_first_push_to_its_last_deletion() -> None:
    days = reconstruct(
        [
            ManifestLifetime([BASE, APP], weeks_ago(5.5), weeks_ago(2.5)),
            ManifestLifetime([BASE, OTHER], weeks_ago(3.5)),
        ],
        NOW,
    )
    assert [day.stored_bytes for day in days] == [0, 1030, 1030, 1037, 1007, 1007]


def test_a_manifest_that_was_deleted_and_pushed_again() -> None:
    days = reconstruct(
        [
            ManifestLifetime([APP], weeks_ago(4.5), weeks_ago(3.5)),
            ManifestLifetime([APP], weeks_ago(1.5)),
        ],
        NOW,
    )
    assert [day.stored_bytes for day in days] == [0, 30, 0, 0, 30]


def test_a_repository_that_is_empty() -> None:
    assert reconstruct([], NOW) == []


def test_the_last_state_counts_without_what_was_freed_since() -> None:
    scan = measured(2, 100, in_use=20, freeable=50)
    history = StorageHistory([scan], [freed(1.5, 30, unconfirmed=5)])
    assert history.at(weeks_ago(2.1)) is None
    assert history.at(weeks_ago(2)) == scan
    after = history.at(NOW)
    assert after == replace(scan, stored_bytes=65, freeable_bytes=15)
    assert after.rule_kept_bytes == 30


def test_a_run_before_a_scan_is_in_the_scan() -> None:
    history = StorageHistory([measured(3, 100), measured(1, 70)], [freed(2, 30)])
    assert [day.stored_bytes for day in history.weekly(NOW, 4)] == [100, 70, 70, 70]


def test_unknown_sizes_stay_unknown() -> None:
    history = StorageHistory([measured(2, None)], [freed(1, 30)])
    now = history.at(NOW)
    assert now
    assert now.stored_bytes is None
    assert now.rule_kept_bytes is None
    assert history.new_bytes_by_week(12) == []


def test_new_bytes_are_what_was_stored_more_and_what_was_freed() -> None:
    history = StorageHistory(
        [measured(3, 100), measured(2, 130), measured(1, 50), measured(0, 50)],
        [freed(1.5, 100), freed(0.5, 10)],
    )
    assert history.new_bytes_by_week(12) == [30, 20, 10]
    assert history.new_bytes_by_week(2) == [20, 10]


def test_new_bytes_between_scans_are_spread_evenly() -> None:
    history = StorageHistory([measured(4, 100), measured(0, 140)], [])
    assert history.new_bytes_by_week(12) == [10, 10, 10, 10]


def test_deletions_by_others_are_no_negative_growth() -> None:
    history = StorageHistory([measured(2, 100), measured(1, 20), measured(0, 25)], [])
    assert history.new_bytes_by_week(12) == [0, 5]


def test_the_last_scan_of_an_earlier_day() -> None:
    reconstructed = StorageDay(weeks_ago(2), 1, 30, is_measured=False)
    history = StorageHistory([reconstructed, measured(1, 40), measured(0.5, None)], ())
    assert history.scan_before(NOW.date()) == measured(1, 40)
    assert history.scan_before(weeks_ago(1).date()) is None


def test_measured_days_and_reconstructed_ones_are_told_apart() -> None:
    past = reconstruct([ManifestLifetime([APP], weeks_ago(3.5))], weeks_ago(1))
    history = StorageHistory([*past, measured(1, 30)], [])
    assert [day.is_measured for day in history.weekly(NOW, 3)] == [False, False, True, True]
    assert history.measured_since == weeks_ago(1)


def test_all_runs_together() -> None:
    assert StorageHistory([], [freed(3, 40), freed(1, 2, unconfirmed=1)]).freed_bytes == 42
    assert StorageHistory([], []).freed_bytes == 0
