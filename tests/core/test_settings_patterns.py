"""Patterns of the settings that match nothing that exists."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.doctor_findings import (
    AllPatternsMatch,
    DoctorFindingStatus,
    PatternMatchesNoRepository,
    PatternMatchesNoTag,
)
from bot.core.patterns import Patterns
from bot.core.repository import RepositoryId
from bot.core.settings_patterns import EntryPatterns, PlacedPattern, pattern_findings
from tests.render.builders import HERE

API, WEB = HERE, replace(HERE, name="team/web", uri=HERE.uri.replace("api", "web"))
TAGS = {API: ["main-1", "1.0.0"], WEB: ["feature-pay-1"]}


def tags_of(repository: RepositoryId) -> Sequence[str]:
    return TAGS.get(repository, ())


def found(*entries: EntryPatterns) -> dict[str, object]:
    findings = pattern_findings(entries, [API, WEB], tags_of)
    return {each.scope: each.detail for each in findings}


def test_a_pattern_without_a_repository() -> None:
    patterns = tuple(PlacedPattern(text, text) for text in ("team/*", "tema/*", "/.*api/", WEB.uri))
    entry = EntryPatterns(Patterns.of("team/*"), patterns)
    assert found(entry) == {"tema/*": PatternMatchesNoRepository("tema/*")}


def test_a_pattern_without_a_tag() -> None:
    tags = tuple(PlacedPattern(text, text) for text in ("MAIN-*", "mian-*", "/[0-9.]+/", "/v.*/"))
    groups = tuple(PlacedPattern(text, text) for text in ("{branch}-*", "fix-{branch}-*"))
    assert found(EntryPatterns(Patterns.of("*"), (), tags, groups)) == {
        "mian-*": PatternMatchesNoTag("mian-*", 2),
        "/v.*/": PatternMatchesNoTag("/v.*/", 2),
        "fix-{branch}-*": PatternMatchesNoTag("fix-{branch}-*", 2),
    }


def test_only_repositories_of_the_entry_count() -> None:
    entry = EntryPatterns(
        Patterns.of("*"), (), (PlacedPattern("main", "main-*"),), before=Patterns.of("*/api")
    )
    assert found(entry) == {"main": PatternMatchesNoTag("main-*", 1)}


def test_nothing_is_known_of_repositories_that_were_not_scanned() -> None:
    entry = EntryPatterns(Patterns.of("*"), (), (PlacedPattern("main", "mian-*"),))
    (finding,) = pattern_findings([entry], [replace(API, uri="other")], tags_of)
    assert finding.detail == AllPatternsMatch(1)


def test_the_number_of_patterns_that_match() -> None:
    entry = EntryPatterns(
        Patterns.of("*"), (PlacedPattern("a", "*"),), (PlacedPattern("b", "main-*"),)
    )
    (finding,) = pattern_findings([entry], [API, WEB], tags_of)
    assert (finding.status, finding.detail) == (DoctorFindingStatus.OK, AllPatternsMatch(2))
    assert list(pattern_findings([], [API, WEB], tags_of)) == []
