"""Patterns that say where in a tag the version is, such as `release-{version}`."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.core.errors import PatternError
from bot.core.patterns import Patterns
from bot.core.text_formatting import quoted_pattern

PLACEHOLDER = "{version}"

_VERSION = re.compile(r"(?<![0-9.])v?\d+(?:\.\d+)+", re.ASCII | re.IGNORECASE)
_PART = re.compile(r"[-._]*[^-._]+")


@dataclass(frozen=True, slots=True)
class VersionPattern:
    """A glob with `{version}` in it, which stands for a version from its first number on. Of
    several places where it could be, the first and shortest counts. Raises PatternError."""

    glob: str
    _before: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _after: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.glob.count(PLACEHOLDER) != 1:
            raise PatternError(f"{quoted_pattern(self.glob)} does not have {PLACEHOLDER} once")
        Patterns.of(self.example)
        before, after = self.glob.split(PLACEHOLDER)
        object.__setattr__(self, "_before", _regex(before))
        object.__setattr__(self, "_after", _regex(after))

    @property
    def example(self) -> str:
        """A glob of tags with one version."""
        return self.glob.replace(PLACEHOLDER, "1.0")

    def version_in(self, tag: str) -> str | None:
        """The part of the tag that `{version}` stands for. None: the tag does not match."""
        for found in _VERSION.finditer(tag):
            if self._before.match(tag[: found.start()]):
                for end in _ends(tag, found.end()):
                    if self._after.match(tag[end:]):
                        return tag[found.start() : end]
        return None


def _regex(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob), re.IGNORECASE)


def _ends(tag: str, start: int) -> Iterator[int]:
    """The places at which a version whose numbers end at `start` could end."""
    yield start
    for part in _PART.finditer(tag, start):
        yield part.end()
