"""Times of report schedules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.report_schedules import DAYS, Schedule

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
YEAR = timedelta(days=365)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def times(text: str, zone: str, after: datetime, until: datetime) -> list[datetime]:
    return [each.at for each in Schedule.parse(text, zone).between(after, until)]


def test_a_weekly_schedule() -> None:
    found = times("mon 09:00", "UTC", utc(2026, 11, 23, 9), utc(2026, 12, 7, 9))
    assert found == [utc(2026, 11, 30, 9), utc(2026, 12, 7, 9)]


def test_the_next_week() -> None:
    found = Schedule.parse("mon 09:00", "UTC").next(utc(2026, 11, 23, 9))
    assert found.at == utc(2026, 11, 30, 9)


def test_on_several_days_and_daily() -> None:
    after, until = utc(2026, 11, 23), utc(2026, 11, 30)
    assert [at.day for at in times("mon,thu 09:00", "UTC", after, until)] == [23, 26]
    assert [at.day for at in times("daily 09:00", "UTC", after, until)] == [*range(23, 30)]


@pytest.mark.parametrize(
    ("zone", "day", "at"),
    [
        ("Europe/Berlin", (2026, 3, 29), (2026, 3, 29, 1, 0)),
        ("Europe/Berlin", (2026, 10, 25), (2026, 10, 25, 0, 30)),
        ("America/New_York", (2026, 3, 8), (2026, 3, 8, 7, 0)),
        ("America/New_York", (2026, 11, 1), (2026, 11, 1, 7, 30)),
        ("America/New_York", (2026, 10, 25), (2026, 10, 25, 6, 30)),
    ],
)
def test_daylight_saving_time(
    zone: str, day: tuple[int, int, int], at: tuple[int, int, int, int, int]
) -> None:
    """02:30 does not exist on some of these days, and occurs twice on others."""
    (found,) = Schedule.parse("sun 02:30", zone).between(utc(*day), utc(*day) + timedelta(days=1))
    assert found.local == datetime(*day, 2, 30)  # noqa: DTZ001 - local by definition
    assert found.at == utc(*at)


schedules = st.builds(
    lambda days, hour, minute, zone: Schedule.parse(
        f"{','.join(sorted(days))} {hour:02}:{minute:02}", zone
    ),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(ZONES),
)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(schedules, moments)
def test_each_day_has_one_time(schedule: Schedule, start: datetime) -> None:
    found = [*schedule.between(start, start + YEAR)]
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert len({each.local for each in found}) == len(found)
    days = {each.local.date() for each in found}
    first, last = min(days), max(days)
    every = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    assert days == {day for day in every if day.weekday() in schedule.days}


@given(schedules, moments, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_consecutive_spans_miss_no_time(
    schedule: Schedule, start: datetime, middle: timedelta
) -> None:
    end = start + timedelta(days=30)
    parts = [*schedule.between(start, start + middle), *schedule.between(start + middle, end)]
    assert parts == [*schedule.between(start, end)]


@given(schedules, moments)
def test_the_next_time(schedule: Schedule, now: datetime) -> None:
    found = schedule.next(now)
    assert next(schedule.between(now, found.at)) == found
    assert schedule.last(now, found.at) in [*schedule.between(now, found.at)]
    assert schedule.last(now, now) is None


@given(schedules, moments)
def test_local_times_are_exact_unless_clocks_skip_them(schedule: Schedule, now: datetime) -> None:
    found = schedule.next(now)
    shown = found.at.astimezone(schedule.zone).replace(tzinfo=None)
    just_before = (found.at - timedelta(seconds=1)).astimezone(schedule.zone).replace(tzinfo=None)
    assert shown == found.local or just_before < found.local < shown


def test_a_day_that_a_zone_skips() -> None:
    """Samoa had no 30 December in 2011."""
    after = utc(2011, 12, 29)
    found = [*Schedule.parse("daily 12:00", "Pacific/Apia").between(after, utc(2011, 12, 31))]
    assert [each.local.day for each in found] == [29, 30, 31]
    assert [each.at for each in found][1:] == [utc(2011, 12, 30, 10), utc(2011, 12, 30, 22)]
