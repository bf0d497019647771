import pytest

from bot.core.repository import (
    RegistryId,
    RepositoryId,
    is_repository_name,
    parse_registry_host,
    parse_repository_uri,
)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
    ],
)
def test_registry_hosts(host: str, region: str) -> None:
    assert parse_registry_host(host) == RegistryId("123456789012", region)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "docker.io",
        "public.ecr.aws",
        "12345.dkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.org",
        "x.123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    ],
)
def test_hosts_other_than_ecr(host: str) -> None:
    assert parse_registry_host(host) is None


def test_a_registry_as_text() -> None:
    assert str(RegistryId("123456789012", "eu-west-1")) == "123456789012 in eu-west-1"


@pytest.mark.parametrize("name", ["ab", "team/api", "a-b_c.d/e__f", "a--b", "a" * 256])
def test_repository_names(name: str) -> None:
    assert is_repository_name(name)


@pytest.mark.parametrize(
    "name", ["a", "", "A/b", "/ab", "ab/", "a//b", "a:1", "a@b", "*", "a" * 257]
)
def test_invalid_repository_names(name: str) -> None:
    assert not is_repository_name(name)


def test_uris_of_repositories() -> None:
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
    registry = RegistryId("123456789012", "eu-west-1")
    assert parse_repository_uri(uri) == RepositoryId(registry, "team/api", uri)
    for other in (f"{uri}:1.0", "docker.io/library/nginx", uri.partition("/")[0], "team/api"):
        assert parse_repository_uri(other) is None
