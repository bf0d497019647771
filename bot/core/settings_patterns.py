"""Patterns of the settings that match nothing that exists, such as those with a typing mistake."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.core.doctor_findings import (
    AllPatternsMatch,
    DoctorFinding,
    PatternMatchesNoRepository,
    PatternMatchesNoTag,
    ok,
    warning,
)
from bot.core.patterns import Patterns
from bot.core.repository import RepositoryId
from bot.core.rules.tag_groups import GroupPattern

CHECK = "patterns"

TagsOf = Callable[[RepositoryId], Sequence[str]]
"""The tags of a repository at its last scan; none if it was never scanned."""


@dataclass(frozen=True, slots=True)
class PlacedPattern:
    """`key`: its place in the settings, such as `policies[0].keep[1].tags[0]`."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class EntryPatterns:
    """The patterns that the user wrote in an entry of `policies`, `reports` or `pins`.

    `covered` and `before`: the entry applies to the repositories that match the first and not the
    second. `groups`: of `per`.
    """

    covered: Patterns
    repositories: tuple[PlacedPattern, ...]
    tags: tuple[PlacedPattern, ...] = ()
    groups: tuple[PlacedPattern, ...] = ()
    before: Patterns = field(default_factory=Patterns)

    def of_tags(self) -> Iterator[tuple[PlacedPattern, Callable[[str], bool]]]:
        """Each with a test of tags."""
        for tag in self.tags:
            yield tag, Patterns.of(tag.text).match
        for group in self.groups:
            yield group, GroupPattern(group.text).matches


def pattern_findings(
    entries: Sequence[EntryPatterns], repositories: Sequence[RepositoryId], tags_of: TagsOf
) -> Iterator[DoctorFinding]:
    """`repositories`: all of all registries."""
    unmatched = list(_unmatched(entries, repositories, tags_of))
    yield from unmatched
    number = sum(len([*each.repositories, *each.of_tags()]) for each in entries)
    if number and not unmatched:
        yield ok(CHECK, "settings", AllPatternsMatch(number))


def _unmatched(
    entries: Iterable[EntryPatterns], repositories: Sequence[RepositoryId], tags_of: TagsOf
) -> Iterator[DoctorFinding]:
    for entry in entries:
        for pattern in entry.repositories:
            if not any(each.matches(Patterns.of(pattern.text)) for each in repositories):
                yield warning(CHECK, pattern.key, PatternMatchesNoRepository(pattern.text))
        covered = [
            each
            for each in repositories
            if each.matches(entry.covered) and not each.matches(entry.before)
        ]
        yield from _without_tag(entry, covered, tags_of)


def _without_tag(
    entry: EntryPatterns, covered: Iterable[RepositoryId], tags_of: TagsOf
) -> Iterator[DoctorFinding]:
    """Nothing if no repository was scanned."""
    patterns = list(entry.of_tags())
    scanned = list(filter(None, map(tags_of, covered))) if patterns else []
    for pattern, matches in patterns:
        if scanned and not any(any(map(matches, tags)) for tags in scanned):
            yield warning(CHECK, pattern.key, PatternMatchesNoTag(pattern.text, len(scanned)))
