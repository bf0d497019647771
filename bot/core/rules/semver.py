"""Keeps the newest versions, by their tags."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from semver import Version

from bot.core.manifest import Manifest
from bot.core.rules.selection import RuleCandidates, RuleSelection, TagFilter
from bot.core.verdict_reasons import AmongNewestVersions, NotAmongNewestVersions

Level = TypeVar("Level", int, Version)


@dataclass(frozen=True, slots=True)
class SemverRule:
    """Keeps the newest `majors`, in each of them the newest `minors`, and in each of those the
    newest `patches`. None: all.

    A tag is a version if it is one by semver.org, with or without a leading `v`. Pre-releases and
    releases are counted separately; each pre-release counts as a patch. Tagged parts and referrers
    do not count. They are kept if the rule would select their version.
    """

    filter: TagFilter
    majors: int | None = None
    minors: int | None = None
    patches: int | None = None
    name: ClassVar[str] = "semver"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        of_ranked = {manifest.digest: self._versions(manifest) for manifest in candidates.ranked}
        of_unranked = {
            manifest.digest: self._versions(manifest) for manifest in candidates.unranked
        }
        versions = {version for found in of_ranked.values() for version in found}
        releases = _VersionLevels(version for version in versions if not version.prerelease)
        prereleases = _VersionLevels(version for version in versions if version.prerelease)
        kept: dict[str, AmongNewestVersions] = {}
        not_kept: dict[str, NotAmongNewestVersions] = {}
        levels = (self.majors, self.minors, self.patches)
        for digest, found in (of_ranked | of_unranked).items():
            lines = ((v, prereleases if v.prerelease else releases) for v in found)
            newest = [version for version, line in lines if self._selects(version, line)]
            if newest:
                kept[digest] = AmongNewestVersions(str(newest[0]), *levels)
            elif found:
                not_kept[digest] = NotAmongNewestVersions(str(found[0]), *levels)
        return RuleSelection(kept, not_kept)

    def could_keep(self, tag: str) -> bool:
        keeps_any = 0 not in (self.majors, self.minors, self.patches)
        return keeps_any and self.filter.matches(tag) and _version(tag) is not None

    def _versions(self, manifest: Manifest) -> list[Version]:
        """Newest first."""
        tags = filter(self.filter.matches, manifest.names)
        return sorted(filter(None, map(_version, tags)), reverse=True)

    def _selects(self, version: Version, line: "_VersionLevels") -> bool:
        major, minor = version.major, version.minor
        return (
            _is_among_newest(major, line.majors, self.majors)
            and _is_among_newest(minor, line.minors.get(major, ()), self.minors)
            and _is_among_newest(version, line.patches.get((major, minor), ()), self.patches)
        )


class _VersionLevels:
    """The distinct majors, their minors, and the versions of each minor; newest first."""

    def __init__(self, versions: Iterable[Version]) -> None:
        majors: set[int] = set()
        minors: defaultdict[int, set[int]] = defaultdict(set)
        patches: defaultdict[tuple[int, int], set[Version]] = defaultdict(set)
        for version in versions:
            majors.add(version.major)
            minors[version.major].add(version.minor)
            patches[version.major, version.minor].add(version)
        self.majors = sorted(majors, reverse=True)
        self.minors = {major: sorted(found, reverse=True) for major, found in minors.items()}
        self.patches = {minor: sorted(found, reverse=True) for minor, found in patches.items()}


def is_release(tag: str) -> bool:
    """Whether the tag is a version, and no pre-release."""
    version = _version(tag)
    return version is not None and not version.prerelease


def _version(tag: str) -> Version | None:
    text = tag[1:] if tag[:1] in ("v", "V") else tag
    return Version.parse(text) if Version.is_valid(text) else None


def _is_among_newest(value: Level, newest_first: Sequence[Level], count: int | None) -> bool:
    """Whether fewer than `count` others are newer."""
    if count is None or len(newest_first) < count:
        return True
    return count > 0 and value >= newest_first[count - 1]
