"""The policies that are proposed for repositories, by their tags and lifecycle policies."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.lifecycle_policies import LifecycleFault
from bot.core.lifecycle_translation import NoTranslation
from bot.core.patterns import Patterns
from bot.core.policy import Policy
from bot.core.proposed_policies import (
    MOST_NAMED_TAGS,
    KeptWholeCause,
    PolicyProposal,
    RepositoryContent,
    propose_policies,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.core.unmatched_tags import find_unmatched_tags
from bot.render.settings_text import rule_text
from bot.settings.keep_option import parse_keep_options

HASH = "0123456789abcdef"
CDK = "cdk-hnb659fds-container-assets-123456789012-eu-west-1"
UNTAGGED_WEEK = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 7,
            },
            "action": {"type": "expire"},
        }
    ]
}


def content(
    *tags: str,
    name: str = "team/api",
    region: str = "eu-west-1",
    lifecycle_policy: str | ErrorText | None = None,
    images: int = 3,
    has_images: bool = True,
    unread: ErrorText | None = None,
) -> RepositoryContent:
    registry = RegistryId("123456789012", region)
    repository = RepositoryId(registry, name, f"{region}.example.com/{name}")
    return RepositoryContent(repository, images, tags, has_images, lifecycle_policy, unread=unread)


def keep(policy: PolicyProposal) -> list[str]:
    """Without the last rule, which all policies have."""
    *rules, last = [rule_text(rule).strip("{}") for rule in policy.keep]
    assert last == "used_within: 30d"
    return rules


def proposed(*tags: str) -> list[str]:
    (policy,) = propose_policies([content(*tags)]).policies
    return keep(policy)


SEMVER = "semver: {minors: 10, patches: 10"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["build-1", "build-2"], ["newest: 10"]),
        (["a1b2c3d", "20261128", "4711"], ["newest: 10"]),
        (["git-1234567", "latest"], ["tags: [latest]", "newest: 10, except_tags: [latest]"]),
        (["1.2.3", "1.2.4-rc.1"], [SEMVER, "newest: 10"]),
        (
            ["1.0-SNAPSHOT", "1.0"],
            [
                'newest: 5, tags: ["*SNAPSHOT*"]',
                SEMVER,
                'newest: 10, except_tags: ["*SNAPSHOT*"]',
            ],
        ),
        (
            ["main-1", "develop-7", "a1b2c3d"],
            [
                'newest: 10, tags: ["develop-*"]',
                'newest: 10, tags: ["main-*"]',
                'newest: 10, tags: ["/[0-9a-f]{7,64}/"]',
                'newest: 10, except_tags: ["develop-*", "main-*", "/[0-9a-f]{7,64}/"]',
            ],
        ),
        (
            ["feature-login-1", "feature-pay-later-a1b2c3d", "main-4"],
            [
                'newest: 5, per: "feature-{branch}-*", tags: ["feature-*"]',
                'newest: 10, tags: ["main-*"]',
                'newest: 10, except_tags: ["feature-*", "main-*"]',
            ],
        ),
        (
            ["pr-12-1", "pr-13-a1b2c3d"],
            [
                'newest: 5, per: "pr-{branch}-*", tags: ["pr-*"]',
                'newest: 10, except_tags: ["pr-*"]',
            ],
        ),
        (
            [f"{word}-{n}" for word in ("pay", "mail", "cart", "lens", "oil", "fix") for n in "12"],
            ['newest: 5, per: "{branch}-*", tags: ["*-*"]', 'newest: 10, except_tags: ["*-*"]'],
        ),
        (
            ["1.2.3", "git-a1b2c3d", "main-7"],
            [
                SEMVER,
                'newest: 10, tags: ["main-*"]',
                'newest: 10, tags: ["git-*"]',
                'newest: 10, except_tags: ["main-*", "git-*"]',
            ],
        ),
        (["prod", "hotfix"], ["tags: [prod, hotfix]", "newest: 10, except_tags: [prod, hotfix]"]),
    ],
)
def test_rules_for_tags(tags: list[str], expected: list[str]) -> None:
    assert [rule.removesuffix("}") for rule in proposed(*tags)] == expected


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (content(HASH, HASH[:8], name=CDK), KeptWholeCause.CDK_ASSETS),
        (content(images=0, has_images=False), KeptWholeCause.EMPTY),
        (content(), KeptWholeCause.UNTAGGED),
        (content("1.2.3", has_images=False), KeptWholeCause.ONLY_ARTIFACTS),
        (
            content(*("x" * n for n in range(1, MOST_NAMED_TAGS + 2))),
            KeptWholeCause.UNKNOWN_TAGS,
        ),
        (content("feature-a-1", "feature-b_2"), KeptWholeCause.BRANCHES),
        (content("1.2.3", lifecycle_policy="{}"), LifecycleFault.NO_RULES),
        (
            content(
                "1.2.3",
                lifecycle_policy=json.dumps(UNTAGGED_WEEK).replace("expire", "transition"),
            ),
            NoTranslation.ONLY_ARCHIVES,
        ),
        (content("1.2.3", unread=ErrorText("AWS refused")), ErrorText("AWS refused")),
    ],
)
def test_kept_whole(found: RepositoryContent, why: object) -> None:
    result = propose_policies([found])
    assert result.policies == ()
    assert [kept.why for kept in result.kept_whole] == [why]


def test_a_lifecycle_policy_and_tags_that_move() -> None:
    found = content("prod", "build-1", "odd", lifecycle_policy=json.dumps(UNTAGGED_WEEK))
    (policy,) = propose_policies([found]).policies
    assert policy.is_translated
    assert keep(policy) == ["tags: [prod]", "pushed_within: 7d", 'tags: ["*"]']


def test_an_unread_lifecycle_policy_is_not_taken_for_none() -> None:
    found = content("build-1", lifecycle_policy=ErrorText("AWS refused"))
    (policy,) = propose_policies([found]).policies
    assert not policy.is_translated


def test_repositories_with_the_same_scheme_share_an_entry() -> None:
    result = propose_policies(
        [
            content("1.0.0", "prod", name="c"),
            content("2.0.0", "latest", name="a"),
            content("build-1", name="b"),
            content("3.0.0", "odd", name="d"),
        ]
    )
    assert [[each.pattern for each in policy.repositories] for policy in result.policies] == [
        ["a", "c"],
        ["b"],
        ["d"],
    ]
    assert keep(result.policies[0])[0] == "tags: [latest, prod]"


def test_the_same_name_in_two_regions() -> None:
    result = propose_policies([content("1.0.0"), content("build-1", region="us-east-1")])
    assert [[each.pattern for each in policy.repositories] for policy in result.policies] == [
        ["eu-west-1.example.com/team/api"],
        ["us-east-1.example.com/team/api"],
    ]


WORDS = ["main", "feature-x", "feature-y", "pr-1", "1.2.3", "prod", "a1b2c3d", "20261128", "7", "z"]
ENDS = ["", "-1", "-2", "_3", ".4", "-a1b2c3d", "-SNAPSHOT", "-rc.1", "-alpine", "-7-abc1234"]
any_tags = st.sets(
    st.builds("{}{}".format, st.sampled_from(WORDS), st.sampled_from(ENDS)), min_size=1
)


@given(any_tags)
def test_no_tag_is_forgotten(tags: set[str]) -> None:
    result = propose_policies([content(*sorted(tags))])
    for policy in result.policies:
        rules = parse_keep_options([rule_text(rule) for rule in policy.keep])
        found = find_unmatched_tags(Policy(timedelta(), Patterns(), rules), tags)
        assert found.count == 0
    assert len(result.policies) + len(result.kept_whole) == 1
