"""Batch's job definitions."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import MakeClient, pages, refused

TOKEN = ("nextToken", "nextToken")
ARN = "arn:aws:batch:eu-west-1:123456789012:job-definition/report"
TASK = {"taskProperties": [{"containers": [{"image": "x:1"}, {"image": "sidecar:1"}]}]}
POD = {"podProperties": {"containers": [{"image": "x:1"}], "initContainers": [{"image": "i:1"}]}}


def described(batch: Any, **params: Any) -> Any:
    return batch.describe_job_definitions(**params)["jobDefinitions"]


def names(batch: Any, **params: Any) -> list[str]:
    return [
        f"{each['jobDefinitionName']}:{each['revision']}" for each in described(batch, **params)
    ]


def test_a_container(aws: AwsStandIn, batch: Any) -> None:
    aws.world.batch().register("report", "x:1")

    [definition] = described(batch)

    assert definition["containerProperties"]["image"] == "x:1"
    assert definition["jobDefinitionArn"] == f"{ARN}:1"
    assert (definition["status"], definition["type"]) == ("ACTIVE", "container")
    assert definition["containerOrchestrationType"] == "ECS"


@pytest.mark.parametrize(
    ("member", "content", "kind"),
    [
        ("containerProperties", {"image": "x:1"}, ("container", "ECS")),
        ("ecsProperties", TASK, ("container", "ECS")),
        ("eksProperties", POD, ("container", "EKS")),
    ],
)
def test_every_shape(
    aws: AwsStandIn, batch: Any, member: str, content: dict[str, Any], kind: tuple[str, str]
) -> None:
    aws.world.batch().register("report", shape={member: content})
    [definition] = described(batch)
    assert definition[member] == content
    assert (definition["type"], definition["containerOrchestrationType"]) == kind


@pytest.mark.parametrize(
    ("part", "orchestration"),
    [
        ({"container": {"image": "x:1"}}, "ECS"),
        ({"ecsProperties": TASK}, "ECS"),
        ({"eksProperties": POD}, "EKS"),
    ],
)
def test_every_shape_with_several_nodes(
    aws: AwsStandIn, batch: Any, part: dict[str, Any], orchestration: str
) -> None:
    ranges = [{"targetNodes": "0:0", **part}, {"targetNodes": "1:", **part}]
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": ranges}
    aws.world.batch().register("report", shape={"nodeProperties": nodes})
    [definition] = described(batch)
    assert definition["nodeProperties"] == nodes
    assert definition["type"] == "multinode"
    assert definition["containerOrchestrationType"] == orchestration


def test_revisions(aws: AwsStandIn, batch: Any) -> None:
    world = aws.world.batch()
    for image in ("x:1", "x:2"):
        world.register("report", image)
    world.register("other", "y:1")
    world.deregister("report:1")
    assert world.register("report", "x:3").full_name == "report:3"

    assert names(batch) == ["other:1", "report:1", "report:2", "report:3"]
    assert names(batch, status="INACTIVE") == ["report:1"]
    assert names(batch, status="ACTIVE", jobDefinitionName="report") == ["report:2", "report:3"]
    assert names(batch, jobDefinitionName="rep") == []


def test_definitions_by_name_or_arn(aws: AwsStandIn, batch: Any) -> None:
    for image in ("x:1", "x:2", "x:3"):
        aws.world.batch().register("report", image)
    elsewhere = f"{ARN}:2".replace("eu-west-1", "us-east-1")
    asked = ["report:3", f"{ARN}:1", "report:9", "report", elsewhere]
    assert names(batch, jobDefinitions=asked) == ["report:1", "report:3"]


def test_100_per_page(aws: AwsStandIn, batch: Any) -> None:
    for _ in range(101):
        aws.world.batch().register("report", "x:1")

    call = batch.describe_job_definitions
    assert pages(call, "jobDefinitions", TOKEN) == [100, 1]
    assert pages(call, "jobDefinitions", TOKEN, maxResults=60, status="ACTIVE") == [60, 41]
    assert names(batch)[-1] == "report:100"
    token = call(maxResults=1)["nextToken"]
    for params in ({"status": "ACTIVE", "nextToken": token}, {"nextToken": "x"}):
        assert refused(call, **params)[0] == "ClientException"


@pytest.mark.parametrize(
    "params",
    [
        {"maxResults": 0},
        {"maxResults": 101},
        {"jobDefinitions": [f"report:{number}" for number in range(101)]},
        {"jobDefinitions": ["report:1"], "status": "ACTIVE"},
    ],
)
def test_limits(batch: Any, params: dict[str, Any]) -> None:
    assert refused(batch.describe_job_definitions, **params)[0] == "ClientException"


def test_each_account_and_region_has_its_own_definitions(
    aws: AwsStandIn, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", "210987654321")
    aws.world.batch("210987654321", "us-east-1").register("report", "x:1")

    def listed(**place: str) -> Any:
        return names(make_client("batch", **place))

    assert listed(key="other", region="us-east-1") == ["report:1"]
    assert listed(region="us-east-1") == listed(key="other") == []


def test_permissions(aws: AwsStandIn, batch: Any) -> None:
    aws.world.deny("batch:DescribeJobDefinitions", resource="*")
    assert refused(batch.describe_job_definitions)[0] == "AccessDeniedException"


def test_control(aws: AwsStandIn, batch: Any) -> None:
    control = ControlClient(aws.url)
    definitions = [
        {"name": "report", "image": "x:1"},
        {"name": "report", "shape": {"ecsProperties": TASK}},
    ]
    registered = control.send("POST", "/batch/definitions", {"definitions": definitions})
    assert registered == {"definitions": ["report:1", "report:2"]}
    control.send("DELETE", "/batch/definitions", {"definition": "report:1"})
    assert names(batch, status="ACTIVE") == ["report:2"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"image": "x:1", "shape": {"ecsProperties": TASK}},
        {"shape": {}},
        {"shape": {"image": "x:1"}},
        {"shape": {"ecsProperties": TASK, "eksProperties": POD}},
    ],
)
def test_invalid_arguments(aws: AwsStandIn, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"an image or a shape|a shape has one of"):
        aws.world.batch().register("report", **given)
