"""Control characters are escaped, and JSON keeps its data."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text_formatting import visible, visible_json, visible_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode, 日本語 👩‍💻", "plain, ünïcode, 日本語 👩‍💻"),
        ("\x1b[2J\x1b]52;c;aGk=\x07", r"\x1b[2J\x1b]52;c;aGk=\x07"),
        ("\x9b2J\x7f\x85", r"\x9b2J\x7f\x85"),
        ("a\r\nb\tc\x00", r"a\r\nb\tc\x00"),
        ("a\u202eb\u2066c\u200f", r"a\u202eb\u2066c\u200f"),
        ("a\u2028b\ufeff", r"a\u2028b\ufeff"),
        ("a\udc80", r"a\udc80"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_ends_can_be_kept() -> None:
    assert visible_lines("a\x1b\nb\r\n") == "a\\x1b\nb\\r\n"


def test_escapes_in_json() -> None:
    assert visible_json('"plain"') == '"plain"'
    assert visible_json('"a\u202eb"') == r'"a\u202eb"'


@given(st.text())
def test_json_keeps_its_data(text: str) -> None:
    written = visible_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert visible(written) == written
