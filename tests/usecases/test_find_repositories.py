"""Finding repositories by name, glob or URI, in one or several registries."""

from collections.abc import Sequence

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.core.errors import RequestError, ServiceError
from bot.playground.aws import AwsStandIn
from bot.usecases.repositories import find_repositories, find_repository
from tests.support import Shelf

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
FAR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def registries(aws: AwsStandIn, environment: object) -> Sequence[EcrRegistry]:
    """`team/api` is in both, `team/web` and `ops` in the first, `team/far` in the second."""
    del environment
    for name in ("team/api", "team/web", "ops"):
        Shelf(aws, name)
    for name in ("team/api", "team/far"):
        Shelf(aws, name, region="us-east-1")
    session = open_session()
    return [EcrRegistry(session, region=region) for region in ("eu-west-1", "us-east-1")]


def uris(argument: str, registries: Sequence[EcrRegistry]) -> list[str]:
    return [found.repository.uri for found in find_repositories(argument, registries)]


def refusal(argument: str, registries: Sequence[EcrRegistry]) -> str:
    with pytest.raises(RequestError) as caught:
        find_repositories(argument, registries)
    return str(caught.value)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("ops", [f"{HOST}/ops"]),
        ("team/far", [f"{FAR}/team/far"]),
        (f"{HOST}/team/api", [f"{HOST}/team/api"]),
        (f"{FAR}/team/api", [f"{FAR}/team/api"]),
        ("123456789012.dkr-ecr.us-east-1.on.aws/team/far", [f"{FAR}/team/far"]),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/team/far", [f"{FAR}/team/far"]),
        ("team/*", [f"{HOST}/team/api", f"{HOST}/team/web", f"{FAR}/team/api", f"{FAR}/team/far"]),
        ("TEAM/W?B", [f"{HOST}/team/web"]),
        ("[op]*", [f"{HOST}/ops"]),
        (f"{FAR}/*", [f"{FAR}/team/api", f"{FAR}/team/far"]),
    ],
)
def test_matching_repositories_are_found(
    argument: str, expected: list[str], registries: Sequence[EcrRegistry]
) -> None:
    assert uris(argument, registries) == expected


def test_each_repository_comes_with_its_registry(registries: Sequence[EcrRegistry]) -> None:
    (found,) = find_repositories("team/far", registries)
    assert found.registry is registries[1]


def test_a_name_in_several_registries_lists_them(
    registries: Sequence[EcrRegistry],
) -> None:
    said = refusal("team/api", registries)
    assert said == (
        f"team/api exists in several registries; give one of {HOST}/team/api, {FAR}/team/api"
    )


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("team/apo", "did you mean team/api?"),
        ("tem/web", "did you mean team/web?"),
        ("zzz", "check the name, account and Region"),
        (f"{HOST}/team/wep", f"did you mean {HOST}/team/web?"),
        (f"{HOST}/team/far", f"did you mean {FAR}/team/far?"),
        ("999999999999.dkr.ecr.eu-west-1.amazonaws.com/ops", f"did you mean {HOST}/ops?"),
    ],
)
def test_an_unknown_repository(argument: str, hint: str, registries: Sequence[EcrRegistry]) -> None:
    assert refusal(argument, registries) == f"Unknown repository {argument}: {hint}"


@pytest.mark.parametrize(
    ("argument", "without"),
    [
        ("team/api:1.0", "team/api"),
        (f"team/api@{DIGEST}", "team/api"),
        (f"team/api:1.0@{DIGEST}", "team/api"),
        (f"{HOST}/team/api:1.0", f"{HOST}/team/api"),
        (f"{HOST}/team/api@{DIGEST}", f"{HOST}/team/api"),
        (f"{HOST}/team/api:1.0@{DIGEST}", f"{HOST}/team/api"),
    ],
)
def test_an_image_is_not_a_repository(
    argument: str, without: str, registries: Sequence[EcrRegistry]
) -> None:
    assert refusal(argument, registries) == (
        f"{argument} is an image, not a repository: remove the tag or digest ({without})"
    )


@pytest.mark.parametrize("argument", ["Team/API", "team//api", "-team", "a", "", f"{HOST}/Team"])
def test_an_invalid_name(argument: str, registries: Sequence[EcrRegistry]) -> None:
    assert f"{argument!r} is not a repository" in refusal(argument, registries)


def test_a_glob_that_matches_nothing(registries: Sequence[EcrRegistry]) -> None:
    assert refusal("nobody/*", registries).startswith("No repository matches nobody/*")


def test_a_bad_glob(registries: Sequence[EcrRegistry]) -> None:
    assert "the [ in 'team/[a*' is never closed" in refusal("team/[a*", registries)


@pytest.mark.parametrize("argument", ["ops", "team/*", f"{HOST}/ops"])
def test_a_registry_that_cannot_be_listed_raises(
    argument: str, aws: AwsStandIn, registries: Sequence[EcrRegistry]
) -> None:
    aws.world.deny("ecr:DescribeRepositories", region="eu-west-1")
    with pytest.raises(ServiceError, match="AWS refused ecr:DescribeRepositories"):
        find_repositories(argument, registries)


@pytest.mark.parametrize("argument", ["ops", "o*", f"{FAR}/team/api"])
def test_exactly_one(argument: str, registries: Sequence[EcrRegistry]) -> None:
    assert find_repository(argument, registries).repository.uri in uris("*", registries)


def test_several_matches_for_one_repository(registries: Sequence[EcrRegistry]) -> None:
    with pytest.raises(RequestError) as caught:
        find_repository("team/*", registries)
    assert str(caught.value) == (
        f"team/* matches several repositories ({HOST}/team/api, {HOST}/team/web, {FAR}/team/api "
        "and 1 more): give one of them"
    )
