"""The regular expressions of the settings, written as `/…/`.

RE2 matches them in linear time (github.com/google/re2/wiki/Syntax). It has no backreferences and no
look-arounds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.core.errors import PatternError
from bot.core.text_formatting import quoted_pattern

_TOKEN = re.compile(
    r"""
      \\Q.*?(?:\\E|\Z)                                 # quoted text
    | \\[pP](?:\{[^}]*\}|.) | \\x(?:\{[^}]*\}|..) | \\[0-7]{2,3} | \\. | \\
    | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]          # a set
    | \(\?P?<(?P<name>\w+)>                            # a named group
    | \(\?<?[=!] | \(\?P= | \(\?[\w-]*:? | \(
    | [*+?]\?? | \{\d+(?:,\d*)?\}\??                   # a quantifier
    | .
    """,
    re.VERBOSE | re.DOTALL,
)

_UNSUPPORTED: Mapping[str, re.Pattern[str]] = {
    "look-around": re.compile(r"\(\?<?[=!]"),
    "backreference": re.compile(r"\\[1-9k]|\(\?P="),
}


class Token(NamedTuple):
    """A part of a regular expression: a set, an escape, a quantifier, the start of a group, or one
    character. `position` counts from 0. `name`: of the named group that starts here."""

    text: str
    position: int
    name: str | None


def is_regular_expression(pattern: str) -> bool:
    """Whether it is written as `/…/`."""
    return len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")


def tokens(pattern: str) -> Iterator[Token]:
    """The parts between the slashes."""
    for found in _TOKEN.finditer(pattern, 1, len(pattern) - 1):
        yield Token(found[0], found.start(), found["name"])


@dataclass(frozen=True, slots=True)
class RegularExpression:
    """Matches whole texts, in upper or lower case. `pattern`: with the slashes. Raises PatternError
    if RE2 refuses it."""

    pattern: str
    _compiled: Any = field(init=False, repr=False, compare=False)
    _named: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled = _compile(self.pattern)
        object.__setattr__(self, "_compiled", compiled)
        object.__setattr__(self, "_named", tuple(sorted(compiled.groupindex.values())))

    @property
    def group_names(self) -> tuple[str, ...]:
        """Those of the named groups, in order. A name may be there twice."""
        return tuple(token.name for token in tokens(self.pattern) if token.name is not None)

    def match(self, text: str) -> bool:
        return self._compiled.fullmatch(_encoded(text)) is not None

    def captured(self, text: str) -> tuple[str, ...] | None:
        """What the named groups matched, in order; empty for those that took no part. None if the
        text does not match."""
        found = self._compiled.fullmatch(_encoded(text))
        return found and tuple(_decoded(found.group(index) or b"") for index in self._named)


def _compile(pattern: str) -> Any:
    import re2  # noqa: PLC0415 - few settings have regular expressions

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(_encoded(pattern[1:-1]), options)
    except re2.error as error:
        raise PatternError(_why_refused(pattern, _decoded(error.args[0]))) from error


def _why_refused(pattern: str, message: str) -> str:
    for token in tokens(pattern):
        for what, form in _UNSUPPORTED.items():
            if form.match(token.text):
                return (
                    f"{quoted_pattern(pattern)} has a {what} ({token.text} at character "
                    f"{token.position + 1}), which RE2 does not support"
                )
    return f"{quoted_pattern(pattern)} is not a regular expression that RE2 supports: {message}"


def _encoded(text: str) -> bytes:
    """Texts from a terminal may have lone surrogates."""
    return text.encode(errors="surrogatepass")


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")
