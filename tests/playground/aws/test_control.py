"""The control API for registries, access, faults and identities."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests
from bot.playground.seed import ControlClient

from .helpers import NOW, MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

PLACE = {"repository": "team/api"}


@pytest.fixture
def control(aws: AwsStandIn) -> ControlClient:
    return ControlClient(aws.url)


@pytest.fixture
def digest(control: ControlClient) -> str:
    control.send("POST", "/repositories", {"name": "team/api"})
    push = {"manifest": image("one"), "tags": ["a"]}
    [digest] = control.send("POST", "/manifests", {**PLACE, "manifests": [push]})["digests"]
    return str(digest)


def state(control: ControlClient, **place: str) -> Any:
    return control.send("GET", "/repositories", PLACE | place)


def test_repositories_and_manifests(control: ControlClient) -> None:
    created = control.send(
        "POST",
        "/repositories",
        {"name": "team/api", "region": "cn-north-1", "mutability": "IMMUTABLE"},
    )
    assert created["uri"] == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/api"
    child = image("one")
    index = manifests.index([manifests.ChildManifest(child)])
    pushes = [
        {"manifest": child, "pushed_at": "2026-01-01T00:00:00+00:00"},
        {
            "manifest": index,
            "tags": ["a", "b"],
            "pushed_at": "2026-01-01T00:00:01Z",
            "pulled_at": "2026-02-01T00:00:00Z",
            "archived_at": "2026-03-01T00:00:00Z",
        },
    ]
    control.send("POST", "/manifests", {**PLACE, "region": "cn-north-1", "manifests": pushes})

    shown = state(control, region="cn-north-1")

    assert shown["mutability"] == "IMMUTABLE"
    assert shown["tags"] == {tag: manifests.digest_of(index) for tag in "ab"}
    assert shown["manifests"][1] == {
        "digest": manifests.digest_of(index),
        "tags": ["a", "b"],
        "media_type": manifests.OCI_INDEX,
        "children": [manifests.digest_of(child)],
        "subject": None,
        "size": 1010,
        "pushed_at": "2026-01-01T00:00:01+00:00",
        "pulled_at": "2026-02-01T00:00:00+00:00",
        "status": "ARCHIVED",
        "archived_at": "2026-03-01T00:00:00+00:00",
    }


def test_retag_pull_archive_remove(control: ControlClient, digest: str) -> None:
    control.send("POST", "/tags", {**PLACE, "reference": "a", "tag": "b"})
    control.send("POST", "/pulls", {**PLACE, "reference": digest})
    control.send("POST", "/archive", {**PLACE, "reference": "b", "at": NOW.isoformat()})

    [shown] = state(control)["manifests"]
    assert (shown["tags"], shown["status"]) == (["a", "b"], "ARCHIVED")
    assert shown["pulled_at"] == shown["archived_at"] == NOW.isoformat()

    control.send("DELETE", "/manifests", {**PLACE, "reference": digest})
    assert state(control)["manifests"] == []


@pytest.mark.usefixtures("digest")
def test_denials_and_grants(aws: AwsStandIn, control: ControlClient, ecr: "ECRClient") -> None:
    control.send("POST", "/denials", {"action": "ecr:Describe*"})
    refused(ecr.describe_repositories)
    control.send("DELETE", "/access", {})
    ecr.describe_repositories()

    aws.world.create_repository("team/api", account="210987654321")
    control.send("POST", "/grants", {"account": "210987654321"})
    ecr.describe_images(registryId="210987654321", repositoryName="team/api")


def test_faults_and_calls(control: ControlClient, ecr: "ECRClient") -> None:
    control.send("POST", "/faults", {"operation": "DescribeRepositories", "error": "Oops"})
    assert refused(ecr.describe_repositories)[0] == "Oops"
    control.send("POST", "/faults", {"error": "Oops", "times": None})
    control.send("DELETE", "/faults", {})
    ecr.describe_repositories()

    shown = control.send("GET", "/calls", {})
    assert shown["counts"] == {"ecr:DescribeRepositories": 2}
    assert [call["status"] for call in shown["calls"]] == [400, 200]
    control.send("DELETE", "/calls", {})
    assert control.send("GET", "/calls", {})["calls"] == []


def test_the_clock(control: ControlClient) -> None:
    control.send("PUT", "/clock", {"now": "2030-01-01T00:00:00Z"})
    later = control.send("PUT", "/clock", {"advance": 3600})
    assert later == control.send("GET", "/clock", {}) == {"now": "2030-01-01T01:00:00+00:00"}
    assert not control.send("PUT", "/clock", {})["now"].startswith("2030-01-01T01")


def test_registry_settings(aws: AwsStandIn, control: ControlClient, ecr: "ECRClient") -> None:
    principal = "arn:aws:iam::123456789012:user/demo"
    control.send("PUT", "/settings", {"name": "BLOB_MOUNTING", "value": "ENABLED"})
    control.send("POST", "/exclusions", {"principal_arn": principal})
    control.send("PUT", "/pull-refresh", {"seconds": 86400})

    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [principal]
    assert aws.world.pull_refresh == timedelta(days=1)


def test_users_roles_and_sessions(control: ControlClient, make_client: MakeClient) -> None:
    role = "arn:aws:iam::210987654321:role/cleaner"
    control.send("POST", "/users", {"access_key": "k", "name": "x", "account": "111111111111"})
    control.send("POST", "/roles", {"arn": role, "trusts": ["111111111111"]})

    make_client("sts", key="k").assume_role(RoleArn=role, RoleSessionName="run")

    [session] = control.send("GET", "/sessions", {})["sessions"]
    assert session["role_arn"] == role
    assert control.send("GET", "/bugs", {}) == {"bugs": []}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/repositories", {"colour": "red"}),
        ("/repositories", {"name": "team/api"}),
        ("/manifests", {"repository": "no/such", "manifests": []}),
        ("/faults", {"colour": "red"}),
        ("/faults", {"operation": "DescribeImages"}),
        ("/pulls", {"repository": "team/api", "reference": "nope"}),
        ("/denials", {}),
    ],
)
@pytest.mark.usefixtures("digest")
def test_an_invalid_body_is_rejected(
    control: ControlClient, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(RuntimeError, match="error"):
        control.send("POST", path, body)
