"""Image references of workloads, and the registries of their hosts."""

import pytest

from bot.core.image_references import (
    MalformedReferenceError,
    PossibleRepositories,
    Reference,
    RegistryHosts,
    parse_reference,
)
from bot.core.repository import RegistryId

HEX = "ab" * 32
DIGEST = f"sha256:{HEX}"
IRELAND = RegistryId("123456789012", "eu-west-1")
BRANDENBURG = RegistryId("123456789012", "eusc-de-east-1")
BEIJING = RegistryId("123456789012", "cn-north-1")
VIRGINIA = RegistryId("123456789012", "us-east-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("api", Reference(None, "api", "latest", None)),
        ("team/api:1.4.0", Reference(None, "team/api", "1.4.0", None)),
        (f"team/api@{DIGEST}", Reference(None, "team/api", None, DIGEST)),
        (f"team/api:1.4.0@{DIGEST}", Reference(None, "team/api", "1.4.0", DIGEST)),
        (f"{HOST}/team/api", Reference(HOST, "team/api", "latest", None)),
        (f"{HOST.upper()}/a__b/c-d.e:X_1", Reference(HOST, "a__b/c-d.e", "X_1", None)),
        (f"localhost/api@{DIGEST}", Reference("localhost", "api", None, DIGEST)),
        ("registry:5000/api:1", Reference("registry:5000", "api", "1", None)),
        ("library/nginx", Reference(None, "library/nginx", "latest", None)),
    ],
)
def test_parsed_references(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Team/Api:1",
        "team//api",
        "api:",
        "api@",
        "api:1:2",
        "api@sha256:short",
        f"api@sha256:{HEX}0",
        f"api@{DIGEST}@{DIGEST}",
        "team/api :1",
        "${IMAGE}",
        f"{HOST}/",
        "bad_host.example/api",
        "-/api",
        "api:1\n",
    ],
)
def test_invalid_references(text: str) -> None:
    with pytest.raises(MalformedReferenceError, match="not an image reference"):
        parse_reference(text)


@pytest.mark.parametrize(
    ("host", "registry"),
    [
        (HOST, IRELAND),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
            RegistryId("123456789012", "cn-north-1"),
        ),
        (
            "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
            RegistryId("123456789012", "us-east-1"),
        ),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", IRELAND),
        ("images.corp.example", IRELAND),
        (f"{HOST}:443", IRELAND),
        ("images.corp.example:443", IRELAND),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", BRANDENBURG),
        ("public.ecr.aws", None),
        ("docker.io", None),
        (f"{HOST}.evil.example", None),
        (None, None),
    ],
)
def test_the_registry_of_a_host(host: str | None, registry: RegistryId | None) -> None:
    name = f"{host}/team/api" if host else "team/api"
    places = RegistryHosts({"images.corp.example": IRELAND}).places(parse_reference(name))
    assert places == ((registry, "team/api"),) * bool(registry)


HARBOR = RegistryHosts(
    {
        "harbor.example.com/ecr-proxy": IRELAND,
        "harbor.example.com/ecr-proxy/cn": BEIJING,
        f"{HOST}/upstream": VIRGINIA,
    }
)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Harbor.example.com/ecr-proxy/team/api:1", [(IRELAND, "team/api")]),
        ("harbor.example.com:443/ecr-proxy/api:1", [(IRELAND, "api")]),
        ("harbor.example.com/ecr-proxy/cn/api:1", [(BEIJING, "api")]),
        ("harbor.example.com/ecr-proxy/cn-north/api:1", [(IRELAND, "cn-north/api")]),
        ("harbor.example.com/ecr-proxy:1", []),
        ("harbor.example.com/ecr-proxy-2/api:1", []),
        ("harbor.example.com/team/api:1", []),
        (f"{HOST}/upstream/team/api:1", [(IRELAND, "upstream/team/api"), (VIRGINIA, "team/api")]),
        (f"{HOST}/team/api:1", [(IRELAND, "team/api")]),
    ],
)
def test_an_alias_may_have_a_path(text: str, places: list[tuple[RegistryId, str]]) -> None:
    assert HARBOR.places(parse_reference(text)) == tuple(places)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("harbor.example.com", False),
        ("harbor.example.com:443", False),
        ("harbor.example.com:8443", True),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.example", True),
        ("docker.io", False),
    ],
)
def test_hosts_that_may_be_ecr_registries(host: str, ours: bool) -> None:  # noqa: FBT001
    assert HARBOR.may_be_ecr_host(host) is ours


def whole(registry: RegistryId, name: str) -> PossibleRepositories:
    return PossibleRepositories(registry, name, is_whole=True)


def beginning(registry: RegistryId, name: str) -> PossibleRepositories:
    return PossibleRepositories(registry, name, is_whole=False)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        (f"{HOST}/team/api:", [whole(IRELAND, "team/api")]),
        (f"{HOST}/Team/API:1", [whole(IRELAND, "team/api")]),
        (f"{HOST}/team/api:1:2", [whole(IRELAND, "team/api")]),
        (f"{HOST}/team/api@sha256:1", [whole(IRELAND, "team/api")]),
        (f"{HOST.upper()}/TEAM/API", [whole(IRELAND, "team/api")]),
        (f" {HOST}/team/api:1", [whole(IRELAND, "team/api")]),
        (f"https://{HOST}/team/api:1", [whole(IRELAND, "team/api")]),
        (f"{HOST}/team:1/api", [beginning(IRELAND, "team")]),
        (f"{HOST}/team/api-${{ENV}}:1", [beginning(IRELAND, "team/api")]),
        (f"{HOST}/team/ä:1", [beginning(IRELAND, "team")]),
        (f"{HOST}/team//api:1", [beginning(IRELAND, "team")]),
        (f"{HOST}/${{APP}}:1", [beginning(IRELAND, ""), beginning(VIRGINIA, "")]),
        (f"{HOST}/", [beginning(IRELAND, ""), beginning(VIRGINIA, "")]),
        (f"{HOST}:", [beginning(IRELAND, ""), beginning(VIRGINIA, "")]),
        ("harbor.example.com/ecr-proxy/Api:1", [whole(IRELAND, "api")]),
        ("xharbor.example.com.de/ecr-proxy/Api:1", None),
        ("harbor.example.com/Team/api:1", []),
        ("harbor.example.com/ecr-proxy:", []),
        ("harbor.example.com/ecr-${X}/api:1", [beginning(IRELAND, ""), beginning(BEIJING, "")]),
        (
            "harbor.example.com/ecr-proxy/cn/Api:1",
            [whole(IRELAND, "cn/api"), whole(BEIJING, "api")],
        ),
        (
            f"{HOST}/upstream/Api:1",
            [whole(IRELAND, "upstream/api"), whole(VIRGINIA, "api")],
        ),
        (f"{HOST}.evil.example/Team/api", None),
        ("${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/api:1", None),
        ("9.dkr.ecr.eu-west-1.amazonaws.com/team/api:1", None),
        ("Team/Api", None),
    ],
)
def test_repositories_that_an_invalid_reference_may_mean(
    text: str, possible: list[PossibleRepositories] | None
) -> None:
    found = HARBOR.possible_names(text)
    assert found == (None if possible is None else set(possible))


def test_the_start_of_a_name_includes_all_names_with_it() -> None:
    assert beginning(IRELAND, "team/a").include(IRELAND, "team/api")
    assert not beginning(IRELAND, "team/a").include(IRELAND, "team/web")
    assert not beginning(IRELAND, "").include(BEIJING, "team/api")
    assert whole(IRELAND, "team/a").include(IRELAND, "team/a")
    assert not whole(IRELAND, "team/a").include(IRELAND, "team/api")


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (f"{HOST}/team/api:${{TAG}}", True),
        ("1.DKR-ECR.x.on.aws/Team", True),
        ("https://Images.corp.example/team/api", True),
        ("${IMAGE}", False),
    ],
)
def test_invalid_references_that_may_mean_ecr(text: str, ours: bool) -> None:  # noqa: FBT001
    assert RegistryHosts({"images.corp.example": IRELAND}).may_mean_ecr(text) is ours
