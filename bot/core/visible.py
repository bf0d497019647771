"""Makes characters visible that a terminal, a log or a page obeys instead of showing them.

Control characters move the cursor or run commands of a terminal, line ends forge lines, and
bidirectional formatting shows text in another order than it has.
"""

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
