"""Keeps the newest versions, by their tags."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple, TypeAlias, TypeVar

from bot.core.manifest import Manifest
from bot.core.rules.selection import RuleCandidates, RuleSelection, TagFilter, young_since
from bot.core.verdict_reasons import AmongNewestVersions, NotAmongNewestVersions
from bot.core.version_tags import (
    VERSIONS,
    Identifier,
    TagVersion,
    VersionKind,
    VersionLine,
    VersionSyntax,
)

_NEVER = datetime.max.replace(tzinfo=UTC)

Patch: TypeAlias = tuple[tuple[int, ...], tuple[Identifier, ...], datetime]
"""What is counted as a patch. The time orders versions that only the hash of a commit tells
apart."""

Level = TypeVar("Level", int, Patch)


@dataclass(frozen=True, slots=True)
class SemverRule:
    """Keeps the newest `majors`, in each of them the newest `minors`, and in each of those the
    newest `patches`. None: all.

    The versions of each line are counted apart: the releases, pre-releases, numbered builds and
    builds of commits of each flavor and each prefix. Each pre-release and each build counts as a
    patch. A pre-release whose release is there is not kept, and does not count.

    Tagged parts and referrers do not count in a line that a root has a version of. They are kept if
    the rule would select their version.
    """

    filter: TagFilter
    majors: int | None = None
    minors: int | None = None
    patches: int | None = None
    syntax: VersionSyntax = VERSIONS
    name: ClassVar[str] = "semver"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        of_roots = self._tagged_versions(candidates.ranked, candidates.retagged_at)
        of_parts = self._tagged_versions(candidates.unranked, candidates.retagged_at)
        counted = _CountedVersions(of_roots, of_parts)
        versions: defaultdict[str, list[TagVersion]] = defaultdict(list)
        for digest, version, _ in (*of_roots, *of_parts):
            versions[digest].append(version)
        kept: dict[str, AmongNewestVersions] = {}
        not_kept: dict[str, NotAmongNewestVersions] = {}
        levels = (self.majors, self.minors, self.patches)
        for digest, found in versions.items():
            if newest := [version for version in found if self._selects(version, counted)]:
                first = max(newest, key=_prominence)
                kept[digest] = AmongNewestVersions(first.text, *levels, first.line)
            else:
                first = max(found, key=_prominence)
                is_released = counted.has_release_of(first)
                not_kept[digest] = NotAmongNewestVersions(
                    first.text, *levels, first.line, is_released
                )
        return RuleSelection(kept, not_kept)

    def could_keep(self, tag: str) -> bool:
        keeps_any = 0 not in (self.majors, self.minors, self.patches)
        return keeps_any and self.filter.matches(tag) and self.syntax.parse(tag) is not None

    def _tagged_versions(
        self, manifests: Iterable[Manifest], retagged_at: Mapping[str, datetime]
    ) -> "Sequence[_TaggedVersion]":
        return [
            _TaggedVersion(manifest.digest, version, young_since(manifest, retagged_at) or _NEVER)
            for manifest in manifests
            for tag in filter(self.filter.matches, manifest.names)
            if (version := self.syntax.parse(tag))
        ]

    def _selects(self, version: TagVersion, counted: "_CountedVersions") -> bool:
        if counted.has_release_of(version):
            return False
        levels, major, minor = counted.lines[version.line], version.major, version.minor
        patches = levels.patches.get((major, minor), ())
        return (
            _is_among_newest(major, levels.majors, self.majors)
            and _is_among_newest(minor, levels.minors.get(major, ()), self.minors)
            and _is_among_newest(counted.patch_of(version), patches, self.patches)
        )


class _TaggedVersion(NamedTuple):
    """`since`: the start of the image's age."""

    digest: str
    version: TagVersion
    since: datetime


class _CountedVersions:
    """`lines`: the versions of each line that count. Parts count only in lines without roots."""

    def __init__(
        self, of_roots: Sequence[_TaggedVersion], of_parts: Sequence[_TaggedVersion]
    ) -> None:
        since_of_roots = _latest(of_roots)
        self._since = _latest(of_parts) | since_of_roots
        lines_of_roots = {version.line for version in since_of_roots}
        counted = [
            version
            for version in self._since
            if version in since_of_roots or version.line not in lines_of_roots
        ]
        self._released = {
            _without_kind(version)
            for version in counted
            if version.line.kind is VersionKind.RELEASE
        }
        members: defaultdict[VersionLine, list[TagVersion]] = defaultdict(list)
        for version in counted:
            if not self.has_release_of(version):
                members[version.line].append(version)
        self.lines: defaultdict[VersionLine, _VersionLevels] = defaultdict(
            lambda: _VersionLevels((), self.patch_of)
        )
        for line, versions in members.items():
            self.lines[line] = _VersionLevels(versions, self.patch_of)

    def has_release_of(self, version: TagVersion) -> bool:
        """Whether it is a pre-release of a version that is released in the same flavor."""
        is_prerelease = version.line.kind is VersionKind.PRERELEASE
        return is_prerelease and _without_kind(version) in self._released

    def patch_of(self, version: TagVersion) -> Patch:
        return version.patch, version.identifiers, self._since[version]


class _VersionLevels:
    """The distinct majors, their minors, and the patches of each minor; newest first."""

    def __init__(
        self, versions: Iterable[TagVersion], patch_of: Callable[[TagVersion], Patch]
    ) -> None:
        majors: set[int] = set()
        minors: defaultdict[int, set[int]] = defaultdict(set)
        patches: defaultdict[tuple[int, int], set[Patch]] = defaultdict(set)
        for version in versions:
            majors.add(version.major)
            minors[version.major].add(version.minor)
            patches[version.major, version.minor].add(patch_of(version))
        self.majors = sorted(majors, reverse=True)
        self.minors = {major: sorted(found, reverse=True) for major, found in minors.items()}
        self.patches = {minor: sorted(found, reverse=True) for minor, found in patches.items()}


def is_release(tag: str) -> bool:
    """Whether the tag is the version of a release, also of a flavor."""
    version = VERSIONS.parse(tag)
    return version is not None and (version.line.kind, version.line.prefix) in _RELEASES


_RELEASES = {(VersionKind.RELEASE, None), (VersionKind.RELEASE, "release")}


def _latest(tagged: Iterable[_TaggedVersion]) -> dict[TagVersion, datetime]:
    """By version, the start of the age of its youngest image."""
    latest: dict[TagVersion, datetime] = {}
    for _, version, since in tagged:
        latest[version] = max(since, latest.get(version, since))
    return latest


def _without_kind(version: TagVersion) -> Hashable:
    return version.line.prefix, version.line.flavor, version.numbers


def _prominence(version: TagVersion) -> tuple[bool, bool, bool, tuple[object, ...], str]:
    """A plan names the version of an image that comes last in this order."""
    line = version.line
    order = (version.numbers, version.identifiers)
    is_release = line.kind is VersionKind.RELEASE
    return is_release, line.flavor is None, line.prefix is None, order, version.text


def _is_among_newest(value: Level, newest_first: Sequence[Level], count: int | None) -> bool:
    """Whether fewer than `count` others are newer."""
    if count is None or len(newest_first) < count:
        return True
    return count > 0 and value >= newest_first[count - 1]
