"""Tags that no keep rule could ever match."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.manifest import Manifest
from bot.core.patterns import Patterns
from bot.core.plan import Plan, count_image_groups, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.newest import NewestRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tags import TagsRule
from bot.core.savings import SavingsTerms
from bot.core.unmatched_tags import UnmatchedTags, find_unmatched_tags
from tests.render.builders import HERE, image
from tests.support import NOW

RELEASES = NewestRule(2, TagFilter(Patterns.of("release-*")))
RECENT = PushedWithinRule(timedelta(days=7), TagFilter())
VERSIONS = SemverRule(TagFilter(), minors=1)


def policy(*rules: Rule) -> Policy:
    return Policy(timedelta(), Patterns(), rules)


def planned(*manifests: Manifest, rules: tuple[Rule, ...]) -> Plan:
    inputs = PlanInputs(policy(*rules), NOW)
    return make_plan(HERE, manifests, inputs, SavingsTerms(0.10, layers_stay_within=True))


def test_rules_of_time_match_no_tag() -> None:
    found = find_unmatched_tags(policy(RELEASES, RECENT), ["release-1", "main-1", "main-2", "prod"])
    assert found == UnmatchedTags(3, ("main-*", "prod"))


def test_tags_that_are_no_version() -> None:
    found = find_unmatched_tags(policy(VERSIONS), ["1.2.3", "v2.0.0", "stable"])
    assert found == UnmatchedTags(1, ("stable",))


@pytest.mark.parametrize("rules", [None, (TagsRule(TagFilter(Patterns.of("*"))),)])
def test_policies_that_match_all_tags(rules: tuple[Rule, ...] | None) -> None:
    found = find_unmatched_tags(None if rules is None else policy(*rules), ["a", "b"])
    assert found == UnmatchedTags()


@pytest.mark.parametrize(
    ("tags", "examples"),
    [
        (["main-1", "main-2", "main-3", "prod"], ("main-*", "prod")),
        (["build12", "build13", "x1", "x2"], ("build*", "x1", "x2")),
        (["feature.a", "feature.b", "1.2", "1.3"], ("feature.*", "1.2", "1.3")),
        ([f"{n}abcdef" for n in range(9)], tuple(f"{n}abcdef" for n in range(5))),
    ],
)
def test_examples_have_common_beginnings(tags: list[str], examples: tuple[str, ...]) -> None:
    assert find_unmatched_tags(policy(), tags).examples == examples


@given(st.permutations(["main-1", "main-2", "prod", "staging", "1.0", "x-y", "x-z"]))
def test_the_order_of_tags_changes_nothing(tags: list[str]) -> None:
    assert find_unmatched_tags(policy(), tags) == find_unmatched_tags(policy(), sorted(tags))


def test_images_to_delete_with_only_unmatched_tags_are_forgotten() -> None:
    made = planned(
        image(1, "prod", age=50),
        image(2, "prod-2", "release-1", age=40),
        image(3, "release-2", age=30),
        image(4, "release-3", age=20),
        image(5, age=50),
        rules=(RELEASES,),
    )
    assert made.unmatched_tags == UnmatchedTags(2, ("prod", "prod-2"))
    assert len(made.delete) == 3
    assert count_image_groups(made).forgotten == 1
