"""The patterns of the settings: shell globs, in which `*` also matches `/`, and regular
expressions. They ignore case."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.core.errors import PatternError
from bot.core.regular_expressions import RegularExpression, is_regular_expression
from bot.core.text_formatting import quoted_pattern

ELEMENT = r"\[!?+\]?+[^\]]*+\]|\*+|."
"""A set (which may start with `]`, as in `fnmatch`), consecutive stars, or one character."""

_ELEMENT = re.compile(ELEMENT, re.DOTALL)


def elements(glob: str) -> Sequence[str]:
    """The parts of a glob: consecutive stars, `?`, sets, and single characters."""
    return _ELEMENT.findall(glob)


def is_star(element: str) -> bool:
    """Whether this part of a glob matches any text, including the empty text."""
    return element.startswith("*")


def check_glob(glob: str) -> None:
    """Raises PatternError for an invalid glob."""
    if not glob:
        raise PatternError("a pattern must not be empty")
    if "[" in elements(glob):
        raise PatternError(f"the [ in {quoted_pattern(glob)} is never closed")
    if "(?!)" in fnmatch.translate(glob):
        raise PatternError(f"a [set] in {quoted_pattern(glob)} matches no character")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Matches a text that any of the patterns matches. Raises PatternError for an invalid
    pattern."""

    texts: tuple[str, ...] = ()
    _globs: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _expressions: tuple[RegularExpression, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        globs = [text for text in self.texts if not is_regular_expression(text)]
        for glob in globs:
            check_glob(glob)
        union = "|".join(map(fnmatch.translate, globs)) or "(?!)"
        expressions = map(RegularExpression, filter(is_regular_expression, self.texts))
        object.__setattr__(self, "_globs", re.compile(union, re.IGNORECASE))
        object.__setattr__(self, "_expressions", tuple(expressions))

    @classmethod
    def of(cls, *patterns: str) -> "Patterns":
        return cls(patterns)

    def match(self, text: str) -> bool:
        if self._globs.match(text):
            return True
        return any(expression.match(text) for expression in self._expressions)

    def match_any(self, texts: Iterable[str]) -> bool:
        return any(map(self.match, texts))
