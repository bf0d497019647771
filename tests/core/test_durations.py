from datetime import timedelta

import pytest

from bot.core.durations import duration_in_words, parse_duration


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
def test_anything_else_is_an_error_that_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write 30s, 5m, 24h or 30d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("24h", "1d"), ("90m", "90m"), ("120m", "2h"), ("61s", "61s"), ("0d", "0s"), ("60s", "1m")],
)
def test_a_duration_is_told_in_the_largest_whole_unit(text: str, words: str) -> None:
    assert duration_in_words(parse_duration(text)) == words
