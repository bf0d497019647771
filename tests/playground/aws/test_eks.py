"""EKS's clusters."""

import base64
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import NOW, MakeClient, pages, refused

TOKEN = ("nextToken", "nextToken")
ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


def described(eks: Any, name: str) -> Any:
    return eks.describe_cluster(name=name)["cluster"]


def test_a_cluster_has_an_endpoint_and_certificate(aws: AwsStandIn, eks: Any) -> None:
    world = aws.world.eks()
    world.create("prod", endpoint="https://localhost:6443", certificate_authority=CERTIFICATE)

    cluster = described(eks, "prod")

    assert eks.list_clusters()["clusters"] == ["prod"]
    assert (cluster["name"], cluster["arn"], cluster["createdAt"]) == ("prod", ARN, NOW)
    assert cluster["endpoint"] == "https://localhost:6443"
    assert cluster["certificateAuthority"] == {"data": CERTIFICATE}
    assert (cluster["status"], cluster["version"]) == ("ACTIVE", "1.34")


def test_every_cluster_has_another_endpoint(aws: AwsStandIn, eks: Any) -> None:
    for name in ("a", "b"):
        aws.world.eks().create(name)
    a, b = (described(eks, name) for name in ("a", "b"))
    assert a["endpoint"] != b["endpoint"]
    assert b"CERTIFICATE" in base64.b64decode(a["certificateAuthority"]["data"])


def test_a_cluster_in_creation_has_no_endpoint(aws: AwsStandIn, eks: Any) -> None:
    aws.world.eks().create("prod", endpoint="https://localhost:6443", status="CREATING")
    assert eks.list_clusters()["clusters"] == ["prod"]
    assert not {"endpoint", "certificateAuthority"} & described(eks, "prod").keys()

    for status in ("ACTIVE", "UPDATING", "DELETING"):
        aws.world.eks().set_status("prod", status)
        cluster = described(eks, "prod")
        assert (cluster["status"], cluster["endpoint"]) == (status, "https://localhost:6443")


def test_unknown_names(eks: Any) -> None:
    assert refused(eks.describe_cluster, name="no") == (
        "ResourceNotFoundException",
        "No cluster found for name: no.",
    )


def test_100_per_page(aws: AwsStandIn, eks: Any) -> None:
    for number in range(101):
        aws.world.eks().create(f"c{number}")

    assert pages(eks.list_clusters, "clusters", TOKEN) == [100, 1]
    assert pages(eks.list_clusters, "clusters", TOKEN, maxResults=60) == [60, 41]
    listed = eks.get_paginator("list_clusters").paginate().build_full_result()["clusters"]
    assert len(set(listed)) == 101
    token = eks.list_clusters(maxResults=1)["nextToken"]
    for params in ({"include": ["all"], "nextToken": token}, {"nextToken": "x"}):
        assert refused(eks.list_clusters, **params)[0] == "InvalidParameterException"


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("eks", checked=False)
    for params in ({"maxResults": 0}, {"maxResults": 101}, {"include": ["ALL"]}):
        assert refused(unchecked.list_clusters, **params)[0] == "InvalidParameterException"


def test_each_account_and_region_has_its_own_clusters(
    aws: AwsStandIn, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", "210987654321")
    aws.world.eks("210987654321", "us-east-1").create("prod")

    def clusters(**place: str) -> Any:
        return make_client("eks", **place).list_clusters()["clusters"]

    assert clusters(key="other", region="us-east-1") == ["prod"]
    assert clusters(region="us-east-1") == clusters(key="other") == []


def test_permissions(aws: AwsStandIn, eks: Any) -> None:
    aws.world.eks().create("prod")
    aws.world.eks().create("dev")
    aws.world.deny("eks:ListClusters", resource="*")
    aws.world.deny("eks:DescribeCluster", resource=ARN)

    code, message = refused(eks.list_clusters)
    assert (code, "on resource: * " in message) == ("AccessDeniedException", True)
    assert refused(eks.describe_cluster, name="prod")[0] == code
    assert described(eks, "dev")["name"] == "dev"


def test_control(aws: AwsStandIn, eks: Any) -> None:
    control = ControlClient(aws.url)
    clusters = [{"name": "prod", "endpoint": "https://localhost:1", "status": "CREATING"}]
    assert control.send("POST", "/eks/clusters", {"clusters": clusters}) == {"clusters": [ARN]}
    control.send("PUT", "/eks/clusters", {"name": "prod", "status": "ACTIVE"})
    assert described(eks, "prod")["endpoint"] == "https://localhost:1"


def test_invalid_arguments(aws: AwsStandIn) -> None:
    world = aws.world.eks()
    world.create("prod")
    with pytest.raises(ValueError, match="cluster prod already exists"):
        world.create("prod")
    with pytest.raises(TypeError, match="unknown option color"):
        world.create("x", color="red")  # type: ignore[call-arg]
