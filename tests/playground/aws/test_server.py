"""The stand-in as a server: start, stop, records, internal errors."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import pytest
from botocore.exceptions import ClientError

from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.ecr import ecr as ecr_service
from bot.playground.clock import SimulatedClock

from .helpers import NOW, MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_sts import STSClient

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261123/eu-west-1/{}/aws4_request, Signature=0"


def post(url: str, body: bytes = b"{}", **headers: str) -> tuple[int, Any]:
    """Sends a raw request."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("POST", "/", body, named)
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())
    finally:
        connection.close()


def test_it_starts_and_stops_fast() -> None:
    assert min(_time_of_a_visit() for _ in range(3)) < 0.3


def _time_of_a_visit() -> float:
    before = time.monotonic()
    with AwsStandIn():
        pass
    return time.monotonic() - before


def test_exit_drops_open_requests() -> None:
    before = time.monotonic()
    with AwsStandIn() as aws:
        aws.world.faults.add(Fault(delay=60))
        caller = threading.Thread(target=_ignore_the_answer, args=[aws.url], daemon=True)
        caller.start()
        while not aws.world.calls:
            time.sleep(0.001)
    caller.join(timeout=5)
    assert time.monotonic() - before < 5


def _ignore_the_answer(url: str) -> None:
    with suppress(OSError, orjson.JSONDecodeError):
        post(url, authorization=SIGNED.format("ecr"))


def test_boto3_connects_by_environment_variables(aws: AwsStandIn) -> None:
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    done = subprocess.run(
        [sys.executable, "-c", script],
        env=bare | aws.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "arn:aws:iam::123456789012:user/demo"


def test_calls_are_recorded_with_their_results(
    aws: AwsStandIn, ecr: "ECRClient", sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.create_repository("team/api")
    ecr.describe_images(repositoryName="team/api")
    refused(ecr.describe_images, repositoryName="no/such")
    sts.get_caller_identity()
    refused(make_client("ecr", key="who", region="us-east-1").describe_repositories)

    good, bad = aws.world.calls.named("ecr:DescribeImages")
    [stranger] = aws.world.calls.named("ecr:DescribeRepositories")

    assert (good.account, good.region, good.at) == ("123456789012", "eu-west-1", NOW)
    assert good.principal == "arn:aws:iam::123456789012:user/demo"
    assert good.params == {"repositoryName": "team/api"}
    assert (good.status, good.error) == (200, None)
    assert (bad.status, bad.error) == (400, "RepositoryNotFoundException")
    assert (stranger.account, stranger.region) == (None, "us-east-1")
    assert aws.world.calls.counts() == {
        "ecr:DescribeImages": 2,
        "ecr:DescribeRepositories": 1,
        "sts:GetCallerIdentity": 1,
    }
    aws.world.calls.reset()
    assert len(aws.world.calls) == aws.world.calls.count("ecr:DescribeImages") == 0


def test_an_unsupported_operation(ecr: "ECRClient") -> None:
    code, message = refused(ecr.get_authorization_token)
    assert code == "UnknownOperationException"
    assert message == "The stand-in does not support ecr:GetAuthorizationToken"


def test_an_unsupported_service(make_client: MakeClient) -> None:
    with pytest.raises(ClientError, match="does not support sqs"):
        make_client("sqs").list_queues()


def test_an_unsigned_request_is_rejected(aws: AwsStandIn) -> None:
    status, answer = post(aws.url)
    assert (status, answer["__type"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (b"{}", "Nonsense.DescribeImages"),
        (b"{}", "AmazonEC2ContainerRegistry_V20150921."),
        (b"not json", "AmazonEC2ContainerRegistry_V20150921.DescribeImages"),
        (b"[]", "AmazonEC2ContainerRegistry_V20150921.DescribeImages"),
        (b'{"repositoryName": 5}', "AmazonEC2ContainerRegistry_V20150921.DescribeImages"),
    ],
)
def test_malformed_json_requests(aws: AwsStandIn, body: bytes, target: str) -> None:
    status, answer = post(aws.url, body, authorization=SIGNED.format("ecr"), x_amz_target=target)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "body",
    [b"Action=GetCallerIdentity", b"Version=2011-06-15", b"Action=GetCallerIdentity&"],
)
def test_malformed_forms(aws: AwsStandIn, body: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        post(aws.url, body, authorization=SIGNED.format("sts"))
    assert [call.error for call in aws.world.calls] == ["MalformedQueryString"]


def test_an_unknown_form_field_is_rejected(aws: AwsStandIn) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15&Colour=red"
    with pytest.raises(orjson.JSONDecodeError):
        post(aws.url, body, authorization=SIGNED.format("sts"))
    assert [call.error for call in aws.world.calls] == ["MalformedQueryString"]


def test_an_internal_error_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = ecr_service.operations
    wrong = replace(
        operations["DescribeRepositories"],
        handler=lambda _params, _context: {"repositories": [{"createdAt": "yesterday", "x": 1}]},
    )
    monkeypatch.setitem(operations, "DescribeRepositories", wrong)

    with pytest.raises(AssertionError, match="bug in the stand-in at ecr:DescribeRepositories"):
        _describe_repositories()


def _describe_repositories() -> None:
    with AwsStandIn() as aws:
        status, answer = post(
            aws.url,
            authorization=SIGNED.format("ecr"),
            x_amz_target="AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        )
        assert (status, answer["__type"]) == (500, "StandInBug")


def test_a_bug_does_not_hide_a_failing_test() -> None:
    with pytest.raises(KeyError, match="the test's own failure"):
        _fail_beside_a_bug()


def _fail_beside_a_bug() -> None:
    with AwsStandIn() as aws:
        aws.world.bugs.append("something")
        raise KeyError("the test's own failure")


def test_the_clock() -> None:
    clock = SimulatedClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    clock.set(NOW)
    clock.advance(timedelta(hours=1))
    assert clock.now() == NOW + timedelta(hours=1)
    clock.follow_real_time()
    assert clock.now() != NOW + timedelta(hours=1)
    with pytest.raises(ValueError, match="time zone"):
        clock.set(NOW.replace(tzinfo=None))


def test_many_concurrent_clients(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    digests = [aws.world.push(repository, image(f"{n}")) for n in range(40)]

    def delete(digest: str) -> None:
        ecr.batch_delete_image(repositoryName="team/api", imageIds=[{"imageDigest": digest}])

    threads = [threading.Thread(target=delete, args=[digest]) for digest in digests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not repository.manifests


def test_it_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "bot.playground.aws", "--seed", "company"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            status, _ = post(url)
        finally:
            process.terminate()
    assert status == 403
