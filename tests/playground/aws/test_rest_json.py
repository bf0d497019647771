"""REST-JSON parameters in path, query, headers and body, also of unsupported operations."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from bot.playground.aws import AwsStandIn

from .helpers import MakeClient, refused

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261123/eu-west-1/{}/aws4_request, Signature=0"


def get(url: str, path: str, *, body: bytes = b"", method: str = "GET") -> tuple[int, Any, str]:
    """Sends a raw request. Returns status, answer, and the error in the header."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request(method, path, body, {"authorization": SIGNED.format("lambda")})
        response = connection.getresponse()
        error = response.getheader("x-amzn-errortype", "")
        return response.status, orjson.loads(response.read()), error
    finally:
        connection.close()


def last_params(aws: AwsStandIn) -> Any:
    return list(aws.world.calls)[-1].params


def test_body_and_headers(aws: AwsStandIn, functions: Any, scheduler: Any) -> None:
    refused(functions.update_function_code, FunctionName="f", ImageUri="r:1", DryRun=True)
    assert last_params(aws) == {"FunctionName": "f", "ImageUri": "r:1", "DryRun": True}
    refused(functions.invoke, FunctionName="f", InvocationType="Event")
    assert last_params(aws) == {"FunctionName": "f", "InvocationType": "Event"}
    refused(scheduler.delete_schedule, Name="s", GroupName="g")
    assert {"Name": "s", "GroupName": "g"}.items() <= last_params(aws).items()


def test_lists_and_quoted_names(aws: AwsStandIn, functions: Any) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    refused(functions.untag_resource, Resource=arn, TagKeys=["a", "b c"])
    assert last_params(aws) == {"Resource": arn, "TagKeys": ["a", "b c"]}
    refused(functions.list_functions_by_code_signing_config, CodeSigningConfigArn="a:b")
    assert last_params(aws) == {"CodeSigningConfigArn": "a:b"}


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/no/such", "GET", b""),
        ("/2015-03-31/functions", "PATCH", b""),
        ("/2015-03-31/functions?Colour=red", "GET", b""),
        ("/2015-03-31/functions?MaxItems=x", "GET", b""),
        ("/2015-03-31/functions", "GET", b"not json"),
        ("/2015-03-31/functions", "GET", b"[]"),
    ],
)
def test_malformed_requests(aws: AwsStandIn, path: str, method: str, body: bytes) -> None:
    status, answer, error = get(aws.url, path, body=body, method=method)
    assert (status, error) == (400, "SerializationException")
    assert answer["Type"] == "User"


def test_names_and_numbers_are_unquoted(aws: AwsStandIn, make_client: MakeClient) -> None:
    refused(make_client("scheduler").get_schedule, Name="a.b-c_d")
    assert last_params(aws) == {"Name": "a.b-c_d"}
    get(aws.url, "/2015-03-31/functions/f/versions?MaxItems=3")
    assert last_params(aws) == {"FunctionName": "f", "MaxItems": 3}
