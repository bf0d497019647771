"""The groups of `per`: images whose tags have the same texts at the placeholders of a pattern."""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.errors import PatternError
from bot.core.name_syntax import TAGS
from bot.core.patterns import ELEMENT, check_glob, is_star
from bot.core.regular_expressions import RegularExpression, is_regular_expression
from bot.core.text_formatting import quoted_pattern
from bot.core.verdict_reasons import CapturedGroup, TagPatterns

_PART = re.compile(rf"\{{(?P<name>[^{{}}]*)\}}|{ELEMENT}", re.DOTALL)
"""A placeholder, or an element of a glob."""

_NAME = re.compile(r"[a-z_]\w*", re.ASCII | re.IGNORECASE)

_TRANSLATED = re.compile(r"\(\?s:(.*)\)\\[Zz]", re.DOTALL)
"""What `fnmatch.translate` returns."""


@dataclass(frozen=True, slots=True)
class GroupPattern:
    """A glob with placeholders, such as `feature-{branch}-*`, or a regular expression with named
    groups. Raises PatternError for a pattern without a placeholder, or that can match no tag.

    A placeholder of a glob stands for at least one character. It starts as far left as possible,
    and then is as long as possible; of several, the first is decided first.
    """

    text: str
    placeholders: tuple[str, ...] = field(init=False, compare=False)
    _expression: RegularExpression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expression = RegularExpression(
            self.text if is_regular_expression(self.text) else _as_expression(self.text)
        )
        _check_names(self.text, expression.group_names)
        TAGS.check_expression(expression, self.text)
        object.__setattr__(self, "placeholders", expression.group_names)
        object.__setattr__(self, "_expression", expression)

    def captured(self, tag: str) -> tuple[str, ...] | None:
        """The texts at the placeholders; None if the tag does not match."""
        return self._expression.captured(tag)

    def matches(self, tag: str) -> bool:
        return self._expression.match(tag)


@dataclass(frozen=True, slots=True)
class Grouping:
    """`per` of a rule. `active_within`: groups whose youngest root is older are not kept; None: all
    are."""

    pattern: GroupPattern
    active_within: timedelta | None = None

    def groups_of(self, tags: Iterable[str], patterns: TagPatterns) -> list[CapturedGroup]:
        """The groups of an image, each once, in the order of its tags. `patterns`: the rule's,
        which the tags match."""
        found = dict.fromkeys(filter(None, map(self.pattern.captured, tags)))
        names = self.pattern.placeholders
        return [CapturedGroup(patterns, names, texts, self.active_within) for texts in found]


def _as_expression(glob: str) -> str:
    check_glob(_PART.sub(_as_characters, glob))
    return f"/{''.join(_expression_parts(glob))}/"


def _as_characters(part: re.Match[str]) -> str:
    return part[0] if part["name"] is None else "?*"


def _expression_parts(glob: str) -> Iterator[str]:
    for part in _PART.finditer(glob):
        if (name := part["name"]) is not None:
            if not _NAME.fullmatch(name):
                raise PatternError(
                    f"the placeholder {quoted_pattern(part[0])} needs a name of letters, digits "
                    "and _, such as {branch}"
                )
            yield f"(?P<{name}>.+)"
        elif part[0] == "{":
            raise PatternError(f"the {{ in {quoted_pattern(glob)} is never closed")
        else:
            yield ".*?" if is_star(part[0]) else _translated(part[0])


def _translated(element: str) -> str:
    found = _TRANSLATED.fullmatch(fnmatch.translate(element))
    assert found
    return found[1]


def _check_names(pattern: str, names: tuple[str, ...]) -> None:
    if not names:
        raise PatternError(
            f"{quoted_pattern(pattern)} has no placeholder: write one, such as {{branch}}, or in a "
            "regular expression (?P<branch>…)"
        )
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise PatternError(
            f"{quoted_pattern(pattern)} has the placeholder {twice} twice: rename one of them"
        )
