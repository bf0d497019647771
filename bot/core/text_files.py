"""The text of files that people write."""

import codecs

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""By the byte order mark. UTF-32's first, since one of them begins with one of UTF-16's."""

SAVE_AS_UTF_8 = "save it as UTF-8"


def decode_text(content: bytes) -> str:
    """UTF-8, without the byte order mark that editors on Windows put first.

    Raises ValueError for anything else; its message says what the file holds and what to do.
    """
    for mark, name in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise ValueError(f"it is {name} text: {SAVE_AS_UTF_8}")
    if b"\0" in content:
        raise ValueError(f"it holds NUL bytes, as UTF-16 and files of no text do: {SAVE_AS_UTF_8}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: {SAVE_AS_UTF_8}") from error
