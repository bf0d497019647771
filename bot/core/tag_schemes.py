"""How the images of a repository are tagged: the kinds of tags, and how many of each."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.core.version_tags import VERSIONS, VersionKind

FEWEST_BRANCHES = 2
"""With fewer, a beginning of several words is one line of builds."""


class TagKind(StrEnum):
    """In the order in which a scheme lists them."""

    MOVED = "moved"
    SNAPSHOT = "snapshot"
    VERSION = "version"
    PRERELEASE = "prerelease"
    BRANCH = "branch"
    BUILD = "build"
    HASH = "hash"
    DATE = "date"
    NUMBER = "number"
    REFERRER = "referrer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Tags of one kind. `beginning`: of all of them, with its separator; empty where the kind needs
    none. `tags`: sorted, numbers in them by value."""

    kind: TagKind
    beginning: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagScheme:
    """`groups`: by kind, then the largest first."""

    groups: tuple[TagGroup, ...]

    def of(self, *kinds: TagKind) -> tuple[TagGroup, ...]:
        return tuple(group for group in self.groups if group.kind in kinds)

    def tags_of(self, *kinds: TagKind) -> tuple[str, ...]:
        return tuple(tag for group in self.of(*kinds) for tag in group.tags)


_MOVED_WORDS = frozenset(
    {
        *("blue", "canary", "demo", "dev", "develop", "development", "green", "int", "integration"),
        *("lead", "live", "preprod", "preview", "prod", "production", "qa", "sandbox", "stage"),
        *("staging", "test", "testing", "uat"),
        *("alpha", "beta", "current", "edge", "experimental", "latest", "next", "nightly", "old"),
        *("prerelease", "previous", "release", "rollback", "stable", "unstable"),
        *("main", "master", "trunk"),
    }
)
"""Names of environments, channels and branches. A pipeline moves such a tag to another image."""

_REFERRER = re.compile(r"sha256-[0-9a-f]{64}.*")
_SNAPSHOT = re.compile(r".*snapshot.*", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?:\D.*|\d*)")
_NUMBER = re.compile(r"\d+")
_HASH = r"(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}"
"""A hexadecimal commit hash. One of digits or of letters alone may be a number or a word."""

_WHOLE_HASH = re.compile(
    rf"(?:(?P<beginning>(?:git|sha|sha1|sha256|commit|rev)[-_.])[0-9a-f]{{7,64}}|{_HASH})",
    re.IGNORECASE,
)
_BUILD = re.compile(
    rf"(?P<beginning>[A-Za-z](?:[A-Za-z0-9_.-]*?[A-Za-z_.-])??)(?:(?:\d+[-_.])?{_HASH}|\d[\dTZ._-]*)",
    re.IGNORECASE,
)
"""Letters, then a number, a time, a hash, or a number and a hash."""

_PULL_REQUEST = re.compile(
    rf"(?P<beginning>(?:pr|mr|pull)[-_.])\d+[-_.](?:\d+|{_HASH})", re.IGNORECASE
)
"""A build of a pull request: its number, then that of the build or a hash."""

_WORD = re.compile(r"[A-Za-z]+")
_SEPARATOR = re.compile(r"[-_.]")
_DIGITS = re.compile(r"([0-9]+)")


def find_tag_scheme(tags: Iterable[str]) -> TagScheme:
    """`tags`: of one repository, each once."""
    groups: defaultdict[tuple[TagKind, str], list[str]] = defaultdict(list)
    for tag in tags:
        groups[_kind_and_beginning(tag)].append(tag)
    merged = _with_branches(groups)
    found = [
        TagGroup(kind, start, tuple(sorted(each, key=_by_number)))
        for (kind, start), each in merged.items()
    ]
    return TagScheme(tuple(sorted(found, key=_place)))


def _place(group: TagGroup) -> tuple[int, int, str]:
    return list(TagKind).index(group.kind), -len(group.tags), group.beginning


def _by_number(tag: str) -> tuple[list[tuple[int, str]], str]:
    """`build-9` before `build-10`."""
    parts = [(int(part) if part.isdigit() else 0, part) for part in _DIGITS.split(tag)]
    return parts, tag


def _kind_and_beginning(tag: str) -> tuple[TagKind, str]:
    """The first kind that fits."""
    for kind, beginning_of in _BEGINNINGS.items():
        beginning = beginning_of(tag)
        if beginning is not None:
            return kind, beginning
    return TagKind.UNKNOWN, ""


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    def beginning_of(tag: str) -> str | None:
        found = pattern.fullmatch(tag)
        return found.groupdict().get("beginning") or "" if found else None

    return beginning_of


def _moved(tag: str) -> str | None:
    """Fits if the tag starts or ends with a word such as `prod` and has no number: `prod`,
    `latest-arm`, `eu-staging`."""
    parts = _SEPARATOR.split(tag.lower())
    is_text = all(map(_WORD.fullmatch, parts))
    return "" if is_text and not _MOVED_WORDS.isdisjoint((parts[0], parts[-1])) else None


def _version(tag: str) -> str | None:
    version = VERSIONS.parse(tag)
    return "" if version and version.line.kind is VersionKind.RELEASE else None


def _prerelease(tag: str) -> str | None:
    version = VERSIONS.parse(tag)
    return "" if version and version.line.kind is not VersionKind.RELEASE else None


_BEGINNINGS: Mapping[TagKind, Callable[[str], str | None]] = {
    TagKind.REFERRER: _matching(_REFERRER),
    TagKind.SNAPSHOT: _matching(_SNAPSHOT),
    TagKind.MOVED: _moved,
    TagKind.DATE: _matching(_DATE),
    TagKind.NUMBER: _matching(_NUMBER),
    TagKind.HASH: _matching(_WHOLE_HASH),
    TagKind.BRANCH: _matching(_PULL_REQUEST),
    TagKind.VERSION: _version,
    TagKind.PRERELEASE: _prerelease,
    TagKind.BUILD: _matching(_BUILD),
}
"""By kind, the beginning of a tag that fits; None if it does not fit."""


def _with_branches(
    groups: Mapping[tuple[TagKind, str], Sequence[str]],
) -> Mapping[tuple[TagKind, str], Sequence[str]]:
    """Merges builds whose beginnings share their first word, such as `feature-login-` and
    `feature-pay-`."""
    families = Counter(
        first for kind, start in groups if kind is TagKind.BUILD and (first := _first_word(start))
    )
    merged: defaultdict[tuple[TagKind, str], list[str]] = defaultdict(list)
    for (kind, start), tags in groups.items():
        family = _first_word(start) if kind is TagKind.BUILD else ""
        if family and families[family] >= FEWEST_BRANCHES:
            merged[TagKind.BRANCH, family] += tags
        else:
            merged[kind, start] += tags
    return merged


def _first_word(beginning: str) -> str:
    """The first word with its separator, if more words follow; otherwise empty."""
    found = _SEPARATOR.search(beginning)
    if found is None or not beginning[found.end() :].strip("-_."):
        return ""
    return beginning[: found.end()]
