from datetime import UTC, datetime

import pytest

from bot.core.text_formatting import (
    format_time,
    join_with_or,
    manifest_label,
    ordinal,
    parse_time,
    restored_text,
    short_digest,
)

DIGEST = "sha256:" + "ab12" * 16


def test_a_digest_is_shortened_as_docker_does() -> None:
    assert short_digest(DIGEST) == "sha256:ab12ab12ab12…"
    assert short_digest("sha256:ab12") == "sha256:ab12"


def test_a_manifest_label_has_the_first_tag_and_the_digest() -> None:
    assert manifest_label(DIGEST, ["1.4.0", "1.4"]) == "1.4.0 (sha256:ab12ab12ab12…)"
    assert manifest_label(DIGEST, []) == "sha256:ab12ab12ab12…"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (111, "111th"),
        (122, "122nd"),
    ],
)
def test_ordinals(number: int, words: str) -> None:
    assert ordinal(number) == words


def test_times_are_shown_to_the_minute() -> None:
    assert format_time(datetime(2026, 11, 3, 9, 5, 59, tzinfo=UTC)) == "2026-11-03 09:05 UTC"


def test_the_time_of_a_restore() -> None:
    at = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
    assert restored_text(at) == "restored from the archive 2026-11-03 09:05 UTC"


def test_a_shown_time_can_be_read() -> None:
    assert parse_time("2026-11-03 09:05 UTC") == datetime(2026, 11, 3, 9, 5, tzinfo=UTC)


def test_alternatives() -> None:
    assert join_with_or(["a"]) == "a"
    assert join_with_or(["a", "b"]) == "a or b"
    assert join_with_or(["a", "b", "c"]) == "a, b or c"
