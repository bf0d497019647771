"""Shell globs as the settings use them, matched without regard to case; `*` matches `/` too."""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, field


class PatternError(ValueError):
    """A glob that cannot mean what its author wanted."""


def _closing_bracket(pattern: str, opening: int) -> int:
    """Where the set that opens here ends; -1 if it never does. `]` may stand first in a set."""
    first = opening + 1
    if pattern[first : first + 1] == "!":
        first += 1
    return pattern.find("]", first + 1)


def _check(pattern: str) -> None:
    if not pattern:
        raise PatternError("a pattern must not be empty")
    position = 0
    while (opening := pattern.find("[", position)) >= 0:
        closing = _closing_bracket(pattern, opening)
        if closing < 0:
            raise PatternError(f"the [ in {pattern!r} is never closed")
        position = closing + 1
    if "(?!)" in fnmatch.translate(pattern):
        raise PatternError(f"a [set] in {pattern!r} matches no character")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Any of several globs. No globs match nothing. Raises PatternError for a bad one."""

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
