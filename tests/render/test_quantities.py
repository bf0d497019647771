"""Sizes, money, counts and ages as text, at their limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.savings import Savings
from bot.render.quantities import (
    age,
    count,
    dollars,
    duration_words,
    freed_of_all,
    iso,
    saves,
    size,
    yearly,
)

KB, MB, GB, TB = 2**10, 2**20, 2**30, 2**40


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2, "2 bytes"),
        (999, "999 bytes"),
        (1000, "0.98 kB"),
        (1024, "1 kB"),
        (9.99 * KB, "9.99 kB"),
        (9.996 * KB, "10 kB"),
        (99.94 * KB, "99.9 kB"),
        (99.96 * KB, "100 kB"),
        (999.4 * KB, "999 kB"),
        (999.6 * KB, "0.98 MB"),
        (MB, "1 MB"),
        (12.34 * MB, "12.3 MB"),
        (GB, "1 GB"),
        (1.5 * GB, "1.5 GB"),
        (100 * GB, "100 GB"),
        (999.6 * GB, "0.98 TB"),
        (TB, "1 TB"),
        (1234 * TB, "1,234 TB"),
    ],
)
def test_size(number: float, words: str) -> None:
    assert size(int(number)) == words


@pytest.mark.parametrize(
    ("usd_per_month", "words"),
    [
        (0, "no saving"),
        (1e-9, "< $1 a year"),
        (0.0833, "< $1 a year"),
        (1 / 12, "$1.00 a year"),
        (4.1 / 12, "$4.10 a year"),
        (9.994 / 12, "$9.99 a year"),
        (9.996 / 12, "$10 a year"),
        (41.4 / 12, "$41 a year"),
        (1234567.8 / 12, "$1,234,568 a year"),
    ],
)
def test_money_is_said_a_year(usd_per_month: float, words: str) -> None:
    assert yearly(usd_per_month) == words
    known = words if usd_per_month < 1 / 12 else f"about {words}"
    assert yearly(usd_per_month, exact=False) == known


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (0, "$0"),
        (0.0049, "< $0.01"),
        (0.005, "$0.01"),
        (4.1, "$4.10"),
        (9.994, "$9.99"),
        (9.996, "$10"),
        (1234567.8, "$1,234,568"),
    ],
)
def test_dollars(usd: float, words: str) -> None:
    assert dollars(usd) == words


def test_savings_with_their_verb() -> None:
    assert saves(3.4) == "saves $41 a year"
    assert saves(3.4, exact=False, verb="save") == "save about $41 a year"
    assert saves(0) == "no saving"


@pytest.mark.parametrize(
    ("freed", "stored", "words"),
    [
        (34 * GB, 37 * GB, "34 of 37 GB"),
        (34 * MB, 37 * GB, "34 MB of 37 GB"),
        (34 * GB, None, "34 GB"),
        (1, 2, "1 byte of 2 bytes"),
        (0, 2 * GB, "0 bytes of 2 GB"),
    ],
)
def test_the_unit_is_named_once(freed: int, stored: int | None, words: str) -> None:
    savings = Savings(freed, freed, 1.0, exact=True, stored_bytes=stored)
    assert freed_of_all(savings) == words
    assert freed_of_all(replace(savings, exact=False)) == f"about {words}"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_duration(duration: timedelta, words: str) -> None:
    assert duration_words(duration) == words


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
