"""Repository patterns as resources of IAM policies."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.aws.iam_policy import repository_names
from bot.core.errors import PatternError
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId, RepositoryId
from tests.core.test_properties import tries

IRELAND = RegistryId("123456789012", "eu-west-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*"], ["*"]),
        (["team/api", "team/*"], ["team/*"]),
        (["Team/*", "shop/a?i"], ["shop/a?i", "team/*"]),
        (["team/[!a]pi", "team/[ab]pi"], ["team/?pi"]),
        ([f"{HOST}/team/*"], [f"{HOST}/team/*", "team/*"]),
        ([f"{HOST}/*"], ["*"]),
        (
            ["*.eu-west-1.amazonaws.com/team/api"],
            ["*.eu-west-1.amazonaws.com/team/api", "team/api"],
        ),
        (["*/api"], ["*/api", "api"]),
        (["*.us-east-1.amazonaws.com/team/api"], ["*.us-east-1.amazonaws.com/team/api"]),
        (["210987654321.dkr.ecr.eu-west-1.amazonaws.com:443/team/*"], []),
        (["team/api", "/team/.*/"], ["*"]),
        (["${aws:username}", "team api", "TEAM"], ["team"]),
        ([], []),
    ],
)
def test_names_of_globs(globs: list[str], expected: list[str]) -> None:
    assert repository_names([Patterns(tuple(globs))], IRELAND, "aws") == expected


def test_names_in_china() -> None:
    china = RegistryId("123456789012", "cn-north-1")
    patterns = [Patterns.of("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/*")]
    assert "team/*" in repository_names(patterns, china, "aws-cn")


def test_names_of_an_unknown_account() -> None:
    patterns = [Patterns.of(f"{HOST}/team/api")]
    names = repository_names(patterns, RegistryId("*", "eu-west-1"), "aws")
    assert names == [f"{HOST}/team/api", "api", "team/api"]


@given(
    st.lists(st.text("a1/*?[!]-.", min_size=1, max_size=8), min_size=1, max_size=3),
    st.from_regex(r"[a1]{1,3}(/[a1.-]{0,2}[a1])?", fullmatch=True),
    st.sampled_from(["", f"{HOST}/", "*.com/", "*/", "1*.amazonaws.com/"]),
)
@tries(250)
def test_every_repository_that_a_glob_matches_is_covered(
    globs: list[str], name: str, host: str
) -> None:
    try:
        patterns = Patterns(tuple(f"{host}{glob}" for glob in globs))
    except PatternError:
        return
    if RepositoryId(IRELAND, name, f"{HOST}/{name}").matches(patterns):
        names = repository_names([patterns], IRELAND, "aws")
        assert any(fnmatchcase(name, each) for each in names)
