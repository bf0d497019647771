"""A glob is refused if and only if it can match no valid name."""

import re
import string
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PatternError
from bot.core.name_syntax import (
    CLUSTER_ARNS,
    CLUSTERS,
    IDENTITY_ARNS,
    MEDIA_TYPES,
    REPOSITORIES,
    TAGS,
    NameSyntax,
)
from bot.core.patterns import Patterns
from bot.core.regular_expressions import is_regular_expression
from bot.core.repository import NAME

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team"
ROLE = "arn:aws:sts::123456789012:assumed-role"
ELEMENTS = ["A", "*", "?", ".", "_", "-", "/", "[!a]", "[.-]", "{"]


def is_allowed(glob: str, texts: NameSyntax) -> bool:
    try:
        return texts.check(glob) == glob
    except PatternError:
        return False


@pytest.mark.parametrize(
    ("texts", "glob"),
    [
        (TAGS, "*"),
        (TAGS, "*SNAPSHOT*"),
        (TAGS, "v[0-9]*"),
        (TAGS, "_x"),
        (TAGS, "[]a]"),
        (TAGS, "[!-.]*"),
        (TAGS, "sha256-*.sig"),
        (TAGS, "?" * 300),
        (TAGS, "*" * 5000),
        (TAGS, "*-" * 299 + "*"),
        (REPOSITORIES, "team/*"),
        (REPOSITORIES, "TEAM/*"),
        (REPOSITORIES, "*/api"),
        (REPOSITORIES, "a__b--c.d/e_f"),
        (REPOSITORIES, f"{URI}/*"),
        (REPOSITORIES, f"{URI}/{'a' * 256}"),
        (REPOSITORIES, "*.dkr.ecr.*.amazonaws.com.cn/team/*"),
        (REPOSITORIES, "123456789012.dkr-ecr.eu-west-1.on.aws/team/*"),
        (CLUSTERS, "sand-box_*"),
        (CLUSTERS, "?" * 100),
        (CLUSTER_ARNS, "arn:aws:eks:*:210987654321:cluster/*"),
        (CLUSTER_ARNS, "ARN:aws-cn:eks:cn-north-1:*/prod"),
        (CLUSTER_ARNS, "arn:*"),
        (IDENTITY_ARNS, "arn:aws:iam::123456789012:user/ops/*"),
        (IDENTITY_ARNS, "arn:aws:iam::123456789012:root"),
        (IDENTITY_ARNS, "arn:aws:sts::123456789012:federated-user/*"),
        (IDENTITY_ARNS, f"{ROLE}/AWSReservedSSO_Admin_*/*@example.com"),
        (MEDIA_TYPES, "*helm*"),
        (MEDIA_TYPES, "application/vnd.cncf.helm.config.v1+json"),
    ],
)
def test_globs_that_can_match(texts: NameSyntax, glob: str) -> None:
    assert texts.check(glob) == glob


@pytest.mark.parametrize(
    ("texts", "glob", "why"),
    [
        (TAGS, "{prod,stable}-*", r"'{prod,stable}-\*' can match no tag \(none has '{'\)"),
        (TAGS, "^prod-[0-9]+$", r"none has '\^'"),
        (TAGS, "!dev-*", "none has '!'"),
        (TAGS, "prod-*,stable-*", "none has ','"),
        (TAGS, "a b", "none has ' '"),
        (TAGS, "a\n", r"none has '\\n'"),
        (TAGS, "prod*|stable*", r"none has '\|'"),
        (TAGS, r"prod-\d*", r"none has '\\\\'"),
        (TAGS, "v1.0+*", r"none has '\+'"),
        (TAGS, "team/api", "none has '/'"),
        (TAGS, "v[+/]*", r"none has '\[\+/\]'"),
        (TAGS, "ä*", "none has 'ä'"),
        (TAGS, ".*", r"'\.\*' can match no tag$"),
        (TAGS, "[.-]?", "can match no tag$"),
        (TAGS, "?" * 301, "can match no tag$"),
        (TAGS, "", "must not be empty"),
        (TAGS, "[a", "never closed"),
        (REPOSITORIES, "team/api:*", "can match no repository's name or URI .none has ':'"),
        (REPOSITORIES, "https://*", "none has ':'"),
        (REPOSITORIES, "{a,b}/*", "none has '{'"),
        (REPOSITORIES, "/team//", "can match no repository"),
        (REPOSITORIES, "team//*", "can match no repository"),
        (REPOSITORIES, "team/", "can match no repository"),
        (REPOSITORIES, "-*", "can match no repository"),
        (REPOSITORIES, "*._*", "can match no repository"),
        (REPOSITORIES, "a___b", "can match no repository"),
        (CLUSTERS, "dev.*", r"can match no name of an EKS cluster \(none has '\.'\)"),
        (CLUSTERS, "*:cluster/prod", "none has ':'"),
        (CLUSTERS, "?" * 101, "can match no name"),
        (CLUSTER_ARNS, "arn:aws:eks:*:21098765432:cluster/*", "can match no ARN of an EKS cluster"),
        (CLUSTER_ARNS, "arn:aws:ecs:*", "can match no ARN of an EKS cluster"),
        (IDENTITY_ARNS, "arn:aws:iam::123456789012:role/ops", "can match no ARN of a caller"),
        (IDENTITY_ARNS, f"{ROLE}/ops", "can match no ARN of a caller"),
        (IDENTITY_ARNS, "arn:aws:iam::12345678901:user/ann", "can match no ARN of a caller"),
        (MEDIA_TYPES, "{helm,wasm}", "can match no media type"),
        (MEDIA_TYPES, "^application/.*", "can match no media type"),
    ],
)
def test_globs_that_can_match_nothing(texts: NameSyntax, glob: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        texts.check(glob)


def test_only_globs_where_regular_expressions_are_not_possible() -> None:
    assert TAGS.check_glob("v*") == "v*"
    with pytest.raises(PatternError, match=r"'/v\.\*/' is written as a regular expression; only"):
        TAGS.check_glob("/v.*/")


def test_a_long_glob_is_shortened_in_the_error() -> None:
    with pytest.raises(PatternError) as caught:
        TAGS.check("{" * 5000)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("texts", "legal"),
    [
        (TAGS, re.compile(r"\w[\w.-]*", re.ASCII).fullmatch),
        (REPOSITORIES, re.compile(NAME).fullmatch),
        (CLUSTERS, re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]*").fullmatch),
    ],
)
def test_short_globs_are_refused_only_if_they_match_nothing(
    texts: NameSyntax, legal: Callable[[str], object]
) -> None:
    """Texts of four characters are enough for globs of three parts."""
    every = (
        "".join(letters) for length in range(1, 5) for letters in product("a1._-/", repeat=length)
    )
    known = list(filter(legal, every))
    for parts in product(ELEMENTS, repeat=3):
        glob = "".join(parts)
        if not is_regular_expression(glob):
            assert is_allowed(glob, texts) == Patterns.of(glob).match_any(known), glob


tags = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
noise = st.text(string.printable + "é€", max_size=3)


@st.composite
def globs_of(draw: st.DrawFn, tag: str) -> str:
    """A glob for a tag, which usually matches it."""

    def part(char: str) -> str:
        ways = [char, char.swapcase(), "?", "*", f"[{char}x]", f"[!{'/' if char != '/' else 'a'}]"]
        return draw(st.sampled_from(ways))

    return "".join(map(part, tag)) + draw(st.just("") | noise)


@given(st.data())
def test_a_glob_that_matches_a_tag_is_never_refused(data: st.DataObject) -> None:
    tag = data.draw(tags)
    glob = data.draw(globs_of(tag) | noise)
    try:
        matches = Patterns.of(glob).match(tag)
    except PatternError:
        matches = False
    assert is_allowed(glob, TAGS) or not matches
