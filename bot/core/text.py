"""Texts that people or other programs wrote: decoded, and made visible."""

import codecs
import re

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls, line ends among them
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional formatting
    "\u200b\ufeff\ufff9-\ufffb"  # no width, no purpose within a name
    "\ud800-\udfff"  # surrogates without a partner, which nothing can write
    "]"
)
"""Unicode Standard, sections 23.1, 23.2 and 23.8; UAX 9. Joiners stay, since scripts and emoji need
them."""


def visible(text: str) -> str:
    r"""On a single line, with Python's escapes: `\x1b`, `\n`, `\u202e`."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """Of several lines, each for itself."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    r"""JSON that holds the same data: `\u202e` within a string is the character itself."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped_in_json, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _escaped_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


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
