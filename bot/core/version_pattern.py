"""Patterns that say where in a tag the version is: `release-{version}`, or a regular expression."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.core.errors import PatternError
from bot.core.name_syntax import TAGS
from bot.core.regular_expressions import RegularExpression, is_regular_expression
from bot.core.text_formatting import quoted_pattern

NAME = "version"
PLACEHOLDER = f"{{{NAME}}}"

_VERSION = re.compile(r"(?<![0-9.])v?\d+(?:\.\d+)+", re.ASCII | re.IGNORECASE)
_PART = re.compile(r"[-._]*[^-._]+")


@dataclass(frozen=True, slots=True)
class VersionGlob:
    """A glob with `{version}` in it, which stands for a version from its first number on. Of
    several places where it could be, the first and shortest counts. Raises PatternError."""

    text: str
    _before: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _after: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.text.count(PLACEHOLDER) != 1:
            raise PatternError(f"{quoted_pattern(self.text)} does not have {PLACEHOLDER} once")
        TAGS.check_glob(self.text.replace(PLACEHOLDER, "1.0"))
        before, after = self.text.split(PLACEHOLDER)
        object.__setattr__(self, "_before", _compiled(before))
        object.__setattr__(self, "_after", _compiled(after))

    def version_in(self, tag: str) -> str | None:
        """The part of the tag that `{version}` stands for. None: the tag does not match."""
        for found in _VERSION.finditer(tag):
            if self._before.match(tag[: found.start()]):
                for end in _ends(tag, found.end()):
                    if self._after.match(tag[end:]):
                        return tag[found.start() : end]
        return None


@dataclass(frozen=True, slots=True)
class VersionExpression:
    """A regular expression with the named group `version`. Raises PatternError."""

    text: str
    _expression: RegularExpression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expression = RegularExpression(self.text)
        if expression.group_names != (NAME,):
            raise PatternError(
                f"{quoted_pattern(self.text)} does not have the named group {NAME} alone: write "
                f"(?P<{NAME}>…) where the version is"
            )
        TAGS.check_expression(expression, self.text)
        object.__setattr__(self, "_expression", expression)

    def version_in(self, tag: str) -> str | None:
        """What the group matches. None: the tag does not match."""
        captured = self._expression.captured(tag)
        return captured[0] if captured else None


VersionPattern: TypeAlias = VersionGlob | VersionExpression


def version_pattern(text: str) -> VersionPattern:
    """Raises PatternError for a pattern without a place for the version, or that can match no
    tag."""
    return VersionExpression(text) if is_regular_expression(text) else VersionGlob(text)


def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob), re.IGNORECASE)


def _ends(tag: str, start: int) -> Iterator[int]:
    """The places at which a version whose numbers end at `start` could end."""
    yield start
    for part in _PART.finditer(tag, start):
        yield part.end()
