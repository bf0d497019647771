"""The doctor names tags that no keep rule could match."""

from dataclasses import replace
from datetime import timedelta

from bot.core.doctor_findings import TagsWithoutRule
from bot.core.patterns import Patterns
from bot.core.policy import Policy, PolicyEntry
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.unmatched_tag_findings import unmatched_tag_findings
from bot.core.unmatched_tags import UnmatchedTags
from tests.render.builders import HERE

API, WEB = HERE, replace(HERE, name="team/web", uri=HERE.uri.replace("api", "web"))
SIGNATURE = f"sha256-{'a' * 64}.sig"
TAGS = {API: ["main-1", "prod", "1.0", SIGNATURE], WEB: ["prod", "2.0"]}


def entry(repositories: str, tags: str) -> PolicyEntry:
    rule = NewestRule(3, TagFilter(Patterns.of(tags)))
    return PolicyEntry(Patterns.of(repositories), Policy(timedelta(), Patterns(), (rule,)))


def found(*entries: PolicyEntry) -> dict[str, object]:
    findings = unmatched_tag_findings(entries, [API, WEB], lambda each: TAGS[each])
    return {each.scope: each.detail for each in findings}


def test_tags_of_all_repositories_of_a_policy() -> None:
    expected = TagsWithoutRule(UnmatchedTags(2, ("main-1", "prod")), 2)
    assert found(entry("*", "[0-9]*")) == {"policies[0].keep": expected}


def test_the_first_policy_of_a_repository_counts() -> None:
    assert found(entry("team/web", "*"), entry("*", "main-*")) == {
        "policies[1].keep": TagsWithoutRule(UnmatchedTags(2, ("1.0", "prod")), 1)
    }


def test_rules_that_match_all_tags() -> None:
    assert found(entry("*", "*")) == {}
