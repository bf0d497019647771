"""Regular expressions match whole names; one that can match no valid name is refused."""

import re
from collections.abc import Callable
from itertools import product
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PatternError
from bot.core.name_syntax import (
    CLUSTERS_OR_ARNS,
    IDENTITY_ARNS,
    MEDIA_TYPES,
    REPOSITORIES,
    TAGS,
    NameSyntax,
)
from bot.core.patterns import Patterns
from bot.core.regular_expressions import RegularExpression
from bot.core.repository import NAME

PARTS = [
    "a",
    "-",
    "/",
    ".",
    r"\.",
    "[^a]",
    "[.-]",
    r"\W",
    "a?",
    "-*",
    "/?",
    "-+",
    "(a|-)",
    "(?:-|/){2}",
    "(?P<x>[/a]){1,2}",
    r"\Q/-\E*",
    "|",
    "(?i)",
]


def is_allowed(pattern: str, texts: NameSyntax) -> bool:
    try:
        return texts.check(pattern) == pattern
    except PatternError:
        return False


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"/v\d+/", "v12"),
        (r"/v\d+/", "V12"),
        ("/prod|stable/", "stable"),
        ("/feature-.+-[0-9a-f]{7}/", "feature-a/b-0123abc"),
        ("/(?-i:v)1/", "v1"),
        ("/^v1$/", "v1"),
        ("/a/b/", "a/b"),
        (r"/[\w.-]*SNAPSHOT/", "1.0-snapshot"),
    ],
)
def test_an_expression_matches(pattern: str, text: str) -> None:
    assert Patterns.of(pattern).match(text)
    assert Patterns.of("no", pattern, "/no/").match_any(["nothing", text])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"/v\d/", "v12"),
        (r"/v\d/", "xv1"),
        ("/a|b/", "ab"),
        ("/(?-i:v)1/", "V1"),
        ("/v1/", "v1\n"),
        ("/v1/", "v1\ud800"),
        ("/v1", "v1"),
    ],
)
def test_an_expression_does_not_match(pattern: str, text: str) -> None:
    assert not Patterns.of(pattern).match(text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/(?=a)b/", r"has a look-around \(\(\?= at character 2\), which RE2 does not support"),
        ("/v1(?!-rc)/", r"has a look-around \(\(\?! at character 4\)"),
        (r"/[(?=]\((?<!a)/", r"has a look-around \(\(\?<! at character 9\)"),
        ("/(?<=a)b/", "has a look-around"),
        (r"/(a)-\1/", r"has a backreference \(\\1 at character 6\), which RE2 does not support"),
        (r"/(?P<a>b)(?P=a)/", "has a backreference"),
        (r"/(?<a>b)\k<a>/", "has a backreference"),
        ("/(a/", r"'/\(a/' is not a regular expression that RE2 supports: missing \): \(a"),
        ("/[a/", "missing ]"),
        ("/a{2000}/", "invalid repetition size"),
        ("/a**/", "bad repetition operator"),
        ("/a\\/", "trailing"),
    ],
)
def test_a_refused_expression_is_an_error_with_a_reason(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        Patterns.of("fine", pattern)


def test_a_long_expression_is_shortened_in_the_error() -> None:
    with pytest.raises(PatternError) as caught:
        TAGS.check(f"/{'{' * 5000}/")
    assert len(str(caught.value)) < 140


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (TAGS, r"/^(release|hotfix)-\d+\.\d+$/"),
        (TAGS, r"/\Qv1.0\E\w*/"),
        (TAGS, "/(?:a{1,3}b?){300}/"),
        (TAGS, f"/{'(' * 150}a{')' * 150}/"),
        (TAGS, "/((a{30}|b{30}){30}|v1){1}/"),
        (REPOSITORIES, "/team/(api|web)/"),
        (REPOSITORIES, r"/\d{12}\.dkr\.ecr\..*/team/.*/"),
        (CLUSTERS_OR_ARNS, "/sandbox-.*/"),
        (CLUSTERS_OR_ARNS, "/arn:aws:eks:.*:cluster/sandbox-.*/"),
        (IDENTITY_ARNS, "/arn:aws:iam::123456789012:user/(ann|bob)/"),
        (MEDIA_TYPES, r"/application/vnd\.cncf\..*/"),
    ],
)
def test_expressions_that_can_match(texts: NameSyntax, pattern: str) -> None:
    assert texts.check(pattern) == pattern


def test_an_expression_that_is_too_large_to_check_is_allowed() -> None:
    """It can match no tag: tags have at most 300 characters."""
    assert is_allowed(f"/({'a' * 300}){{100}}/", TAGS)
    assert not is_allowed(f"/({'a' * 300}){{2}}/", TAGS)


@pytest.mark.parametrize(
    ("texts", "pattern", "why"),
    [
        (TAGS, "/prod/.*/", r"'/prod/\.\*/' can match no tag \(none has '/'\)"),
        (TAGS, r"/v1\+.*/", r"can match no tag \(none has '\+'\)"),
        (TAGS, r"/\d+(\.\d+)* /", "none has ' '"),
        (TAGS, "/[./]x/", "can match no tag$"),
        (TAGS, "/a{301}/", "can match no tag$"),
        (TAGS, "//", "can match no tag$"),
        (TAGS, r"/[^\x00-\x{10FFFF}]/", "can match no tag"),
        (REPOSITORIES, "/team//api/", "can match no repository"),
        (REPOSITORIES, "/team/api:.*/", "none has ':'"),
        (CLUSTERS_OR_ARNS, "/dev[.].*/", r"can match no name or ARN of an EKS cluster"),
        (IDENTITY_ARNS, "/arn:aws:iam::123456789012:role/.*/", "can match no ARN of a caller"),
    ],
)
def test_expressions_that_can_match_nothing(texts: NameSyntax, pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        texts.check(pattern)


@pytest.mark.parametrize(
    ("texts", "legal"),
    [
        (TAGS, re.compile(r"\w[\w.-]*", re.ASCII).fullmatch),
        (REPOSITORIES, re.compile(NAME).fullmatch),
    ],
)
def test_short_expressions_are_refused_only_if_they_match_nothing(
    texts: NameSyntax, legal: Callable[[str], object]
) -> None:
    """Texts of up to five characters are enough for expressions of two parts."""
    every = (
        "".join(letters) for length in range(1, 6) for letters in product("a1.-/", repeat=length)
    )
    known = list(filter(legal, every))
    for parts in product(PARTS, repeat=2):
        pattern = f"/{''.join(parts)}/"
        assert is_allowed(pattern, texts) == Patterns.of(pattern).match_any(known), pattern


@given(st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z"), st.data())
def test_an_expression_that_matches_a_tag_is_never_refused(tag: str, data: st.DataObject) -> None:
    def part(char: str) -> str:
        ways = [re.escape(char), ".", f"[{re.escape(char)}/]", f"({re.escape(char)}|/)", r"[\w.-]+"]
        return data.draw(st.sampled_from([*ways, f"{re.escape(char)}{{1,3}}"]))

    pattern = f"/{''.join(map(part, tag))}/"
    assert Patterns.of(pattern).match(tag)
    assert is_allowed(pattern, TAGS)


@pytest.mark.parametrize("pattern", ["/(a+)+b/", "/(a|a)*b/", "/(.*)(.*)(.*)(.*)(.*)b/"])
def test_time_is_linear(pattern: str) -> None:
    """A backtracking engine takes years for these."""
    patterns, start = Patterns.of(pattern), process_time()
    assert not patterns.match("a" * 10_000)
    assert process_time() - start < 5


def test_groups() -> None:
    expression = RegularExpression(r"/(?P<app>\w+)(?:-(?<env>prod|dev))?/")
    assert expression.captured("web-Prod") == ("web", "Prod")
    assert expression.captured("web") == ("web", "")
    assert expression.captured("web-stage") is None
