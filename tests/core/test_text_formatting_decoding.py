import pytest

from bot.core.text_formatting import decode_text

TEXT = "a: ä\n# €\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert decode_text(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (TEXT.encode("utf-16"), "it is UTF-16 text: save it as UTF-8"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "it is UTF-16 text"),
        (TEXT.encode("utf-32"), "it is UTF-32 text"),
        (b"\0\0\xfe\xff" + TEXT.encode("utf-32-be"), "it is UTF-32 text"),
        (TEXT.encode("utf-16-le"), "it contains NUL bytes, as UTF-16 .* do: save it as UTF-8"),
        (b"a: 1\n\0", "it contains NUL bytes"),
        (TEXT.encode("cp1252"), "line 1 is not UTF-8: save it as UTF-8"),
        (b"a: 1\nb: \xe4", "line 2 is not UTF-8"),
        (b"a\xff\xfe", "line 1 is not UTF-8"),
    ],
)
def test_other_encodings_are_an_error(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode_text(content)


def test_an_empty_file() -> None:
    assert decode_text(b"") == decode_text(b"\xef\xbb\xbf") == ""
