"""Sizes, money, counts and ages as text, at their limits."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.render.quantities import age, count, iso, money, size

KB, MB, GB, TB = 2**10, 2**20, 2**30, 2**40


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2, "2 bytes"),
        (999, "999 bytes"),
        (1000, "0.98 kB"),
        (1024, "1.00 kB"),
        (9.99 * KB, "9.99 kB"),
        (9.996 * KB, "10.0 kB"),
        (99.94 * KB, "99.9 kB"),
        (99.96 * KB, "100 kB"),
        (999.4 * KB, "999 kB"),
        (999.6 * KB, "0.98 MB"),
        (MB, "1.00 MB"),
        (12.34 * MB, "12.3 MB"),
        (GB, "1.00 GB"),
        (999.6 * GB, "0.98 TB"),
        (TB, "1.00 TB"),
        (1234 * TB, "1,234 TB"),
    ],
)
def test_size(number: float, words: str) -> None:
    assert size(int(number)) == words


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (0, "$0.00"),
        (1e-9, "under $0.01"),
        (0.0049, "under $0.01"),
        (0.0051, "$0.01"),
        (0.994, "$0.99"),
        (0.996, "$1.00"),
        (12.345678, "$12.35"),
        (1234567.8, "$1,234,567.80"),
    ],
)
def test_money(usd: float, words: str) -> None:
    assert money(usd) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1200, "1,200 images")],
)
def test_count(number: int, words: str) -> None:
    assert count(number, "image") == words


def test_count_with_an_irregular_plural() -> None:
    assert [count(number, "index", "indexes") for number in (1, 2)] == ["1 index", "2 indexes"]


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (timedelta(seconds=-5), "0 hours"),
        (timedelta(0), "0 hours"),
        (timedelta(minutes=59), "0 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=59), "59 days"),
        (timedelta(days=60), "2 months"),
        (timedelta(days=364), "12 months"),
        (timedelta(days=729), "24 months"),
        (timedelta(days=730), "2 years"),
        (timedelta(days=3650), "10 years"),
    ],
)
def test_age(since: timedelta, words: str) -> None:
    assert age(since) == words


def test_a_future_time_gives_no_negative_age() -> None:
    assert age(timedelta(days=-3)) == "0 hours"


def test_iso() -> None:
    at = datetime(2026, 11, 23, 9, 5, 7, 999_999, tzinfo=UTC)
    assert iso(at) == "2026-11-23T09:05:07Z"
    assert iso(None) is None
