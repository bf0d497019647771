"""The kinds of tags in a repository."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.tag_schemes import TagKind, find_tag_scheme

HASH = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("tag", "kind", "beginning"),
    [
        ("latest", TagKind.MOVED, ""),
        ("prod", TagKind.MOVED, ""),
        ("PROD-eu", TagKind.MOVED, ""),
        ("arm-latest", TagKind.MOVED, ""),
        ("main", TagKind.MOVED, ""),
        ("prod-12", TagKind.BUILD, "prod-"),
        ("1.2.0-SNAPSHOT", TagKind.SNAPSHOT, ""),
        ("snapshot-12", TagKind.SNAPSHOT, ""),
        ("1.2.3", TagKind.VERSION, ""),
        ("v1.2.3", TagKind.VERSION, ""),
        ("1.2.3-rc.1", TagKind.PRERELEASE, ""),
        ("a1b2c3d", TagKind.HASH, ""),
        (HASH, TagKind.HASH, ""),
        ("git-a1b2c3d", TagKind.HASH, "git-"),
        ("sha-a1b2c3d", TagKind.HASH, "sha-"),
        ("main-a1b2c3d", TagKind.BUILD, "main-"),
        ("main-12", TagKind.BUILD, "main-"),
        ("build-7", TagKind.BUILD, "build-"),
        ("build-7-a1b2c3d", TagKind.BUILD, "build-"),
        ("main-2026-11-28T09-30-00Z", TagKind.BUILD, "main-"),
        ("pr-7-a1b2c3d", TagKind.BRANCH, "pr-"),
        ("1.2.3-alpine", TagKind.VERSION, ""),
        ("api-1.2.3", TagKind.VERSION, ""),
        ("1.2.3-45", TagKind.PRERELEASE, ""),
        ("r12", TagKind.BUILD, "r"),
        ("20261128", TagKind.DATE, ""),
        ("2026-11-28", TagKind.DATE, ""),
        ("2026-11-28-nightly", TagKind.DATE, ""),
        ("20261128143000", TagKind.DATE, ""),
        ("4711", TagKind.NUMBER, ""),
        ("20261399", TagKind.NUMBER, ""),
        (f"sha256-{HASH}{HASH[:24]}.sig", TagKind.REFERRER, ""),
        ("hotfix", TagKind.UNKNOWN, ""),
        ("deadbeef", TagKind.UNKNOWN, ""),
        ("my-feature", TagKind.UNKNOWN, ""),
    ],
)
def test_the_kind_of_a_tag(tag: str, kind: TagKind, beginning: str) -> None:
    (group,) = find_tag_scheme([tag]).groups
    assert (group.kind, group.beginning, group.tags) == (kind, beginning, (tag,))


def test_builds_of_several_branches() -> None:
    scheme = find_tag_scheme(
        ["feature-login-1", "feature-login-2", "feature-pay-later-7", "main-12", "hotfix-x-1"]
    )
    assert [(group.kind, group.beginning) for group in scheme.groups] == [
        (TagKind.BRANCH, "feature-"),
        (TagKind.BUILD, "hotfix-x-"),
        (TagKind.BUILD, "main-"),
    ]
    assert scheme.tags_of(TagKind.BRANCH) == (
        "feature-login-1",
        "feature-login-2",
        "feature-pay-later-7",
    )


@given(st.sets(st.text("0123456789abcdefghR.-_v", min_size=1, max_size=12)))
def test_every_tag_is_in_one_group(tags: set[str]) -> None:
    groups = find_tag_scheme(tags).groups
    assert sorted(tag for group in groups for tag in group.tags) == sorted(tags)
    assert all(tag.startswith(group.beginning) for group in groups for tag in group.tags)
    assert len({(group.kind, group.beginning) for group in groups}) == len(groups)


def test_a_long_tag_takes_no_time() -> None:
    tag = "a-" * 149 + "!"
    (group,) = find_tag_scheme([tag]).groups
    assert group.kind is TagKind.UNKNOWN
