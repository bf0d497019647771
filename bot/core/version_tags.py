"""Reads the version in a tag: `v1.2.3`, `app-1.2`, `4.2.0-rc2-alpine`, `1.4.2_b7f3a21`.

`docs/decisions/0017-version-tags.md` has the reasons, and tags of real projects.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, TypeAlias

from bot.core.patterns import Patterns
from bot.core.version_pattern import VersionPattern

PRERELEASES = (
    *("alpha", "beta", "rc", "cr", "m[0-9]*", "milestone", "pre", "prerelease", "preview", "ea"),
    *("dev", "develop", "snapshot", "nightly", "canary", "next", "unstable", "experimental"),
    *("insiders", "pr", "wip"),
)
"""The words that make a version a pre-release, unless the settings have others."""

METADATA = "_"
"""What tags have in place of the `+` before the build metadata of semver.org."""

_SAY_NOTHING = frozenset({"release", "final", "ga"})
"""Words at the end of a release, such as `5.3.0.RELEASE`."""

_BRANCHES = frozenset(
    {"branch", "bugfix", "chore", "commit", "dependabot", "dev", "develop", "feat", "feature"}
    | {"fix", "hotfix", "issue", "main", "master", "mr", "pr", "pull", "renovate", "task", "trunk"}
)
"""First words of tags that name a branch, as in `main-2.0.0`."""

_AFTER_NUMBERS = {"a": "alpha", "b": "beta", "c": "rc"}
"""PEP 440 writes `1.0a1` for the first alpha of 1.0."""

_ATTACHED = re.compile(r"\A[abc](?=\d)", re.IGNORECASE)

_FULL_VERSION = 3
"""Numbers. Fewer name a base, as in `_alpine3.18`."""

_LONGEST_YEAR = 4
"""Digits. `20240501.1` is a date with a number, and no version."""

_FLAGS = re.ASCII | re.IGNORECASE | re.VERBOSE

_TAG = re.compile(
    r"""
    (?: (?P<prefix> [a-z0-9].*? ) [-_]+ )??
    v? (?P<numbers> \d+ (?: \.\d+ )+ )
    (?P<suffix> (?! \.?\d | \.x (?! [a-z0-9] ) ) .* )
    """,
    _FLAGS,
)
"""`1.2.x` names the newest version, and so none."""

_END = r"(?! [^-._] )"
_DATE = r"(?: 19 | 20 ) \d{6} (?: \d{4} (?: \d\d )? )?"
_COUNTED = r"(?: b | build | commit | git | p | patch | post | r | rev | revision | sha ) [-.]?"
_PART = re.compile(
    rf"""
    (?P<separator> [-._]* )
    (?: (?: {_COUNTED} )? (?P<hash> (?! {_DATE} {_END} ) g? [0-9a-f]{{7,40}} ) {_END}
      | (?: {_COUNTED} )? (?P<number> \d+ ) {_END}
      | (?P<date> \d{{8}} ) t (?P<time> \d{{4,6}} ) z? {_END}
      | (?P<word> [a-z]+ ) (?P<of_word> \d+ (?: \.\d+ )* )? {_END}
      | (?P<other> [^-._]+ ) )
    """,
    _FLAGS,
)
"""Seven digits or more are a hash, unless they are a date: its builds are ordered by their push."""


class VersionKind(StrEnum):
    """`BUILD`: with a number, as in `1.2.3-45`. `COMMIT`: with a hash alone: `1.2.3-b7f3a21`."""

    RELEASE = "release"
    PRERELEASE = "prerelease"
    BUILD = "build"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class VersionLine:
    """Versions that are compared with each other, and with no others. `prefix`: `app` of
    `app-1.2.3`. `flavor`: `alpine` of `1.2.3-alpine`."""

    kind: VersionKind = VersionKind.RELEASE
    prefix: str | None = None
    flavor: str | None = None


RELEASES = VersionLine()

Identifier: TypeAlias = tuple[bool, int, str]
"""A number or a word. Words are newer than numbers, as semver.org has it."""


@dataclass(frozen=True, slots=True)
class TagVersion:
    """`text`: the tag without its prefix. `patch`: the third number and those after it.
    `identifiers`: the order of pre-releases and builds of one version. `hashes`: those of commits,
    which have no order."""

    text: str = field(compare=False)
    line: VersionLine
    major: int
    minor: int
    patch: tuple[int, ...]
    identifiers: tuple[Identifier, ...] = ()
    hashes: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, int, tuple[int, ...]]:
        return self.major, self.minor, self.patch


class _Part(NamedTuple):
    """A word, a number or the hash of a commit. `word`: without its number; None: no word.
    `is_metadata`: it is after a `_`."""

    text: str
    is_metadata: bool
    word: str | None = None
    numbers: tuple[int, ...] = ()

    @property
    def identifiers(self) -> Iterator[Identifier]:
        if self.word:
            yield True, 0, self.word
        for number in self.numbers:
            yield False, number, ""

    @property
    def flavor(self) -> str:
        """Without its number, if that is a version of its own: `up` of `108.4.0_up1.3.4`."""
        is_version = self.is_metadata and len(self.numbers) >= _FULL_VERSION
        return self.word if self.word and is_version else self.text

    @property
    def is_hash(self) -> bool:
        return self.word is None and not self.numbers


@dataclass(frozen=True, slots=True)
class VersionSyntax:
    """Which tags are versions, and of which line. `prereleases`: patterns of words after the
    version. `flavors`: patterns of the other words, one for each flavor; a word that matches none
    makes a pre-release. None: every other word is a flavor. `pattern` None: the version is the
    whole tag, or follows a name."""

    prereleases: Patterns = field(default_factory=lambda: Patterns(PRERELEASES))
    flavors: tuple[Patterns, ...] | None = None
    pattern: VersionPattern | None = None

    def parse(self, tag: str) -> TagVersion | None:
        """None: the tag is no version."""
        text = self.pattern.version_in(tag) if self.pattern else tag
        found = _TAG.fullmatch(text) if text else None
        if found is None or _is_date(found["numbers"]):
            return None
        prefix = _parts(found["prefix"] or "")
        if prefix and prefix[0].text in _BRANCHES:
            return None
        return self._version(found, prefix)

    def _version(self, found: re.Match[str], prefix: Sequence[_Part]) -> TagVersion:
        after = _parts(_ATTACHED.sub(_spelled_out, found["suffix"]))
        suffix = [part for part in after if part.text not in _SAY_NOTHING]
        flavors = self._flavors(suffix)
        ordering = [part for part in prefix if not part.word]
        ordering += [
            part
            for part in suffix
            if part.text not in flavors and (part.word or not part.is_metadata)
        ]
        name = [part.text for part in prefix if part.word]
        line = VersionLine(_kind(ordering), _joined(name), _joined(flavors.values()))
        major, minor, *patch = map(int, found["numbers"].split("."))
        return TagVersion(
            found.string[found.start("numbers") :],
            line,
            major,
            minor,
            _without_last_zeros(patch),
            tuple(chain.from_iterable(part.identifiers for part in ordering)),
            tuple(part.text for part in ordering if part.is_hash),
        )

    def _flavors(self, parts: Iterable[_Part]) -> Mapping[str, str]:
        """By their texts, the flavors of the words that are no pre-releases."""
        words = [part for part in parts if part.word and not _matches(self.prereleases, part)]
        if self.flavors is None:
            return {part.text: part.flavor for part in words}
        whole = "-".join(part.text for part in words)
        for flavor in self.flavors:
            if flavor.match(whole):
                return {part.text: flavor.texts[0] for part in words}
        return {
            part.text: flavor.texts[0]
            for part in words
            for flavor in reversed(self.flavors)
            if _matches(flavor, part)
        }


VERSIONS = VersionSyntax()
"""The syntax without settings."""


def _parts(text: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    is_metadata = False
    for found in _PART.finditer(text.lower()):
        is_metadata = is_metadata or METADATA in found["separator"]
        parts.append(_part(found, is_metadata=is_metadata))
    return tuple(parts)


def _part(found: re.Match[str], *, is_metadata: bool) -> _Part:
    text = found[0].lstrip("-._")
    if found["hash"]:
        return _Part(found["hash"], is_metadata)
    if digits := found["number"] or (found["date"] and found["date"] + found["time"]):
        return _Part(text, is_metadata, numbers=(int(digits),))
    numbers = tuple(map(int, filter(None, (found["of_word"] or "").split("."))))
    return _Part(text, is_metadata, found["word"] or text, numbers)


def _spelled_out(found: re.Match[str]) -> str:
    return _AFTER_NUMBERS[found[0].lower()]


def _kind(ordering: Sequence[_Part]) -> VersionKind:
    if any(part.word for part in ordering):
        return VersionKind.PRERELEASE
    if any(part.numbers for part in ordering):
        return VersionKind.BUILD
    return VersionKind.COMMIT if ordering else VersionKind.RELEASE


def _is_date(numbers: str) -> bool:
    first, *others = numbers.split(".")
    return len(first) > _LONGEST_YEAR and len(others) == 1


def _matches(patterns: Patterns, part: _Part) -> bool:
    return patterns.match_any(filter(None, (part.word, part.text)))


def _joined(words: Iterable[str]) -> str | None:
    return "-".join(dict.fromkeys(words)) or None


def _without_last_zeros(patch: Sequence[int]) -> tuple[int, ...]:
    """`1.2`, `1.2.0` and `1.2.0.0` are one version."""
    significant = next((n for n in range(len(patch), 1, -1) if patch[n - 1]), 1)
    return tuple(patch[:significant]) or (0,)
