"""References as workloads write them: what they name, and where it is."""

import pytest

from bot.core.references import Hosts, MalformedReferenceError, Reference, parse_reference
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
def test_what_a_reference_names(text: str, reference: Reference) -> None:
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
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(MalformedReferenceError, match="no image reference"):
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
def test_where_a_host_leads(host: str | None, registry: RegistryId | None) -> None:
    assert Hosts({"images.corp.example": IRELAND}).registry(host) == registry


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (f"{HOST}/team/api:${{TAG}}", True),
        ("1.DKR-ECR.x.on.aws/Team", True),
        ("https://Images.corp.example/team/api", True),
        ("${IMAGE}", False),
    ],
)
def test_what_might_still_be_an_image_of_ours(text: str, ours: bool) -> None:  # noqa: FBT001
    assert Hosts({"images.corp.example": IRELAND}).could_be_ours(text) is ours
