"""Smithy RPC v2 with CBOR, which CodeBuild supports in addition to JSON.

boto3 prefers JSON while botocore ranks it higher, so these tests select CBOR.
"""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import cbor2
import pytest
from botocore.parsers import ResponseParserError

from bot.playground.aws import AwsStandIn, Fault

from .helpers import NOW, MakeClient, refused

PATH = "/service/CodeBuild_20161006/operation/ListProjects"
HEADERS = {
    "authorization": "AWS4-HMAC-SHA256 Credential=test/20261123/eu-west-1/codebuild/aws4_request,",
    "content-type": "application/cbor",
    "smithy-protocol": "rpc-v2-cbor",
}
EMPTY = cbor2.dumps({})


@pytest.fixture
def client(aws: AwsStandIn, make_client: MakeClient) -> Any:
    aws.world.codebuild().create("build", "x:1")
    return make_client("codebuild", protocol="smithy-rpc-v2-cbor")


def post(
    aws: AwsStandIn, body: bytes = EMPTY, path: str = PATH, method: str = "POST", **headers: str
) -> tuple[int, Any]:
    """Sends a raw request. Returns status and answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection(urlsplit(aws.url).netloc, timeout=5)
    try:
        connection.request(method, path, body, HEADERS | named)
        response = connection.getresponse()
        return response.status, cbor2.loads(response.read())
    finally:
        connection.close()


def test_answers_have_the_content_type(client: Any) -> None:
    metadata = client.list_projects()["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["content-type"] == "application/cbor"
    assert metadata["HTTPHeaders"]["smithy-protocol"] == "rpc-v2-cbor"
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]


def test_boto3_uses_json_by_default(make_client: MakeClient) -> None:
    metadata = make_client("codebuild").list_projects()["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.1"


def test_times_are_tagged(aws: AwsStandIn, client: Any) -> None:
    [project] = client.batch_get_projects(names=["build"])["projects"]
    assert project["created"] == NOW
    path = PATH.replace("ListProjects", "BatchGetProjects")
    _, answer = post(aws, cbor2.dumps({"names": ["build"]}), path)
    assert answer["projects"][0]["created"] == NOW


def test_times_in_requests(aws: AwsStandIn, client: Any) -> None:
    refused(client.get_report_group_trend, reportGroupArn="a", trendField="DURATION")
    path = PATH.replace("ListProjects", "BatchGetBuilds")
    post(aws, cbor2.dumps({"ids": ["a"], "at": NOW}, datetime_as_timestamp=True), path)
    assert list(aws.world.calls)[-1].params == {"ids": ["a"], "at": NOW}


def test_errors_have_a_type(aws: AwsStandIn, client: Any) -> None:
    assert refused(client.list_projects, nextToken="x") == (
        "InvalidInputException",
        "The nextToken is not valid.",
    )
    status, answer = post(aws, cbor2.dumps({"sortBy": 5}))
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert refused(client.list_builds)[0] == "UnknownOperationException"


def test_an_unknown_key(make_client: MakeClient) -> None:
    stranger = make_client("codebuild", key="who", protocol="smithy-rpc-v2-cbor")
    assert refused(stranger.list_projects)[0] == "UnrecognizedClientException"


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "PUT"},
        {"path": "/"},
        {"path": PATH.replace("2016", "2017")},
        {"smithy_protocol": "rpc-v2-json"},
        {"content_type": "application/json"},
        {"body": b"{}"},
        {"body": b"\xa1"},
        {"body": cbor2.dumps(["build"])},
    ],
)
def test_malformed_requests(aws: AwsStandIn, request_: dict[str, Any]) -> None:
    status, answer = post(aws, **request_)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_an_empty_body_is_an_empty_map(aws: AwsStandIn) -> None:
    assert post(aws, b"") == (200, {"projects": []})


def test_throttling(aws: AwsStandIn, client: Any) -> None:
    aws.world.faults.throttle(operation="ListProjects")
    assert refused(client.list_projects) == ("ThrottlingException", "Rate exceeded")
    assert client.list_projects()["projects"] == ["build"]


def test_a_replaced_answer(aws: AwsStandIn, client: Any) -> None:
    project = {"name": "other", "created": NOW, "colour": "red"}
    aws.world.faults.add(Fault(operation="BatchGetProjects", answer={"projects": [project]}))
    answer = client.batch_get_projects(names=["build"])
    assert answer["projects"] == [{"name": "other", "created": NOW}]


def test_a_broken_answer_cannot_be_parsed(aws: AwsStandIn, client: Any) -> None:
    """In JSON it would look like an empty success."""
    faults: list[dict[str, Any]] = [{"cut": "body"}, {"body": "<html>"}]
    for fault in faults:
        aws.world.faults.add(Fault(operation="ListProjects", **fault))
        with pytest.raises(ResponseParserError):
            client.list_projects()
