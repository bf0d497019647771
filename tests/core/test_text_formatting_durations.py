from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.text_formatting import end_of_day, format_duration, parse_duration, parse_end


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(hours=24)),
        ("30d", timedelta(days=30)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "5", "d", "-1d", "1.5h", "1w", "1 d", "1D", "1d2h", "٣d", "1d\n"]
)
def test_other_texts_are_an_error_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write 30s, 5m, 24h or 30d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("24h", "1d"), ("90m", "90m"), ("120m", "2h"), ("61s", "61s"), ("0d", "0s"), ("60s", "1m")],
)
def test_a_duration_is_shown_in_the_largest_possible_unit(text: str, words: str) -> None:
    assert format_duration(parse_duration(text)) == words


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("12h", datetime(2026, 1, 1, 21, 30, tzinfo=UTC)),
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("9998-12-31", datetime(9999, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_duration_from_now_or_the_end_of_a_day(text: str, end: datetime) -> None:
    assert parse_end(text, datetime(2026, 1, 1, 9, 30, tzinfo=UTC)) == end


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-12-31T18:00", "9999-01-01"])
def test_other_texts_are_no_end(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each caller says what to write
        parse_end(text, datetime(2026, 1, 1, tzinfo=UTC))


def test_ends_after_the_last_year_are_refused() -> None:
    with pytest.raises(ValueError, match="9999-01-01 is after the year 9998"):
        end_of_day(date(9999, 1, 1))
