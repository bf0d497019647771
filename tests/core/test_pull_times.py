"""Our own reading changes lastRecordedPullTime, and must not pass for somebody's pull."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.pull_times import OurRead, somebodys_pull

READ = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE = READ - timedelta(days=90)
OURS = OurRead(READ, BEFORE)


def test_what_was_never_pulled_was_never_pulled() -> None:
    assert somebodys_pull(None, [OURS]) is None


def test_without_a_read_of_ours_it_is_somebodys() -> None:
    assert somebodys_pull(READ, []) == READ


@pytest.mark.parametrize("minutes", [-5, -1, 0, 5])
def test_within_five_minutes_of_our_read_it_is_ours_and_the_earlier_time_stands(
    minutes: int,
) -> None:
    assert somebodys_pull(READ + timedelta(minutes=minutes), [OURS]) == BEFORE


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_any_other_time_is_somebodys(minutes: int) -> None:
    pull = READ + timedelta(minutes=minutes)
    assert somebodys_pull(pull, [OURS]) == pull


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_reads_in_a_row_the_time_before_the_first_stands(*, turned: bool) -> None:
    second = OurRead(READ + timedelta(minutes=3), READ)
    reads = [second, OURS] if turned else [OURS, second]
    assert somebodys_pull(READ + timedelta(minutes=4), reads) == BEFORE
