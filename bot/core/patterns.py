"""The shell globs of the settings. They ignore case, and `*` also matches `/`."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LONGEST_QUOTED = 60
"""Maximum number of characters of a glob in an error."""

_ELEMENT = re.compile(r"\[!?+\]?+[^\]]*+\]|\*+|.", re.DOTALL)
"""A set (which may start with `]`, as in `fnmatch`), consecutive stars, or one character."""


class PatternError(ValueError):
    """The glob is not valid."""


def elements(glob: str) -> Sequence[str]:
    """The parts of a glob: consecutive stars, `?`, sets, and single characters."""
    return _ELEMENT.findall(glob)


def is_star(element: str) -> bool:
    """Whether this part of a glob matches any text, including the empty text."""
    return element.startswith("*")


def shortened(glob: str) -> str:
    """A glob as errors quote it."""
    text = repr(glob)
    return text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}…"


def is_regular_expression(pattern: str) -> bool:
    """Whether it is written as `/…/`."""
    return len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")


def _check(pattern: str) -> None:
    if not pattern:
        raise PatternError("a pattern must not be empty")
    if "[" in elements(pattern):
        raise PatternError(f"the [ in {shortened(pattern)} is never closed")
    if "(?!)" in fnmatch.translate(pattern):
        raise PatternError(f"a [set] in {shortened(pattern)} matches no character")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Matches a text that any of the globs matches. Raises PatternError for an invalid glob."""

    globs: tuple[str, ...] = ()
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for glob in self.globs:
            _check(glob)
        union = "|".join(fnmatch.translate(glob) for glob in self.globs) or "(?!)"
        object.__setattr__(self, "_regex", re.compile(union, re.IGNORECASE))

    @classmethod
    def of(cls, *globs: str) -> "Patterns":
        return cls(globs)

    def match(self, text: str) -> bool:
        return self._regex.match(text) is not None

    def match_any(self, texts: Iterable[str]) -> bool:
        return any(map(self._regex.match, texts))
