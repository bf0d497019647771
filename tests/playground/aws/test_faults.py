"""Injected faults with boto3, without its retries."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from bot.playground.aws import AwsStandIn, Fault

from .helpers import MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_sts import STSClient


@pytest.fixture
def digest(aws: AwsStandIn) -> str:
    return aws.world.push(aws.world.create_repository("team/api"), image("one"))


def delete(ecr: "ECRClient", digest: str) -> Any:
    return ecr.batch_delete_image(repositoryName="team/api", imageIds=[{"imageDigest": digest}])


def stored(aws: AwsStandIn) -> int:
    return len(aws.world.repository("team/api").manifests)


def test_throttling(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.throttle(operation="DescribeRepositories")
    assert refused(ecr.describe_repositories) == ("ThrottlingException", "Rate exceeded")
    ecr.describe_repositories()


def test_throttling_with_another_code(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.throttle(error="TooManyRequestsException", status=429)
    assert refused(ecr.describe_repositories)[0] == "TooManyRequestsException"


def test_any_error(aws: AwsStandIn, ecr: "ECRClient", digest: str) -> None:
    aws.world.faults.add(Fault(error="ServerException", message="Oops", status=500))
    assert refused(delete, ecr=ecr, digest=digest) == ("ServerException", "Oops")
    assert stored(aws) == 1


def test_an_error_of_the_query_protocol(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.faults.add(Fault(service="sts", error="Throttling", message="Rate < limit"))
    assert refused(sts.get_caller_identity) == ("Throttling", "Rate < limit")


def test_a_cut_before_the_call_takes_effect(aws: AwsStandIn, ecr: "ECRClient", digest: str) -> None:
    aws.world.faults.add(Fault(operation="BatchDeleteImage", cut="before"))
    with pytest.raises(ConnectionClosedError):
        delete(ecr, digest)
    assert stored(aws) == 1
    assert aws.world.calls.named("ecr:BatchDeleteImage")[0].status is None


def test_a_reply_lost_after_the_call_took_effect(
    aws: AwsStandIn, ecr: "ECRClient", digest: str
) -> None:
    aws.world.faults.add(Fault(operation="BatchDeleteImage", cut="after"))
    with pytest.raises(ConnectionClosedError):
        delete(ecr, digest)
    assert stored(aws) == 0
    assert delete(ecr, digest)["failures"][0]["failureCode"] == "ImageNotFound"


def test_a_cut_in_the_body_reads_as_an_empty_success_in_json(
    aws: AwsStandIn, ecr: "ECRClient", digest: str
) -> None:
    """botocore does not compare Content-Length, and takes JSON that it cannot parse for `{}`.

    A client that trusts such an answer takes a broken listing for the last page of an empty one.
    """
    aws.world.faults.add(Fault(operation="DescribeImages", cut="body"))
    answer = ecr.describe_images(repositoryName="team/api")
    assert digest
    assert set(answer) == {"ResponseMetadata"}
    assert ecr.describe_images(repositoryName="team/api")["imageDetails"]


def test_a_cut_in_the_body_cannot_be_parsed_in_xml(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.faults.add(Fault(operation="GetCallerIdentity", cut="body"))
    with pytest.raises(ResponseParserError):
        sts.get_caller_identity()


def test_an_answer_that_is_not_json(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.add(Fault(operation="DescribeRepositories", body="<html>"))
    assert set(ecr.describe_repositories()) == {"ResponseMetadata"}


def test_a_replaced_answer(aws: AwsStandIn, ecr: "ECRClient", digest: str) -> None:
    aws.world.faults.add(Fault(operation="BatchDeleteImage", answer={"imageIds": [], "more": 1}))
    assert delete(ecr, digest)["imageIds"] == []
    assert stored(aws) == 0


def test_an_answer_in_xml(aws: AwsStandIn, sts: "STSClient") -> None:
    result = {"Account": "1", "Arn": "a & b"}
    content = {"GetCallerIdentityResponse": {"GetCallerIdentityResult": result}}
    aws.world.faults.add(Fault(operation="GetCallerIdentity", answer=content))
    answer = sts.get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == ("1", "a & b")


def test_a_list_in_xml(aws: AwsStandIn, make_client: MakeClient) -> None:
    regions = [{"regionName": "eu-west-8"}, {"regionName": "eu-west-9"}]
    content = {"DescribeRegionsResponse": {"regionInfo": {"item": regions}}}
    aws.world.faults.add(Fault(operation="DescribeRegions", answer=content))
    shown = make_client("ec2").describe_regions()["Regions"]
    assert [region["RegionName"] for region in shown] == ["eu-west-8", "eu-west-9"]


def test_a_delay(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.add(Fault(delay=0.05))
    before = time.monotonic()
    ecr.describe_repositories()
    assert time.monotonic() - before >= 0.05


def test_a_delay_longer_than_the_clients_timeout(aws: AwsStandIn, make_client: MakeClient) -> None:
    impatient = make_client("ecr", patience=0.05)
    aws.world.faults.add(Fault(delay=30))
    with pytest.raises(ReadTimeoutError):
        impatient.describe_repositories()


def test_skip_and_times(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.throttle(skip=1, times=2)
    outcomes = []
    for _ in range(5):
        try:
            ecr.describe_repositories()
            outcomes.append("ok")
        except ecr.exceptions.ClientError:
            outcomes.append("throttled")
    assert outcomes == ["ok", "throttled", "throttled", "ok", "ok"]


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"every": 3, "times": None}, [3, 6, 9]),
        ({"every": 3, "times": 2}, [3, 6]),
        ({"every": 2, "skip": 5, "times": None}, [7, 9]),
        ({"every": 1, "times": 2}, [1, 2]),
    ],
)
def test_every_third_call_fails(
    aws: AwsStandIn, ecr: "ECRClient", rule: dict[str, Any], hit: list[int]
) -> None:
    aws.world.faults.throttle(**rule)
    for _ in range(9):
        with suppress(ecr.exceptions.ClientError):
            ecr.describe_repositories()
    assert [n for n, call in enumerate(aws.world.calls, start=1) if call.error] == hit


def test_a_permanent_fault_until_it_is_cleared(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.faults.throttle(times=None)
    for _ in range(3):
        refused(ecr.describe_repositories)
    aws.world.faults.clear()
    ecr.describe_repositories()


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"service": "ecr"}, True),
        ({"service": "sts"}, False),
        ({"operation": "DescribeImages"}, True),
        ({"operation": "BatchGetImage"}, False),
        ({"account": "123456789012"}, True),
        ({"account": "210987654321"}, False),
        ({"region": "eu-west-1"}, True),
        ({"region": "us-east-1"}, False),
        ({"parameters": {"repositoryName": "team/api"}}, True),
        ({"parameters": {"repositoryName": "team/web"}}, False),
        ({"parameters": {"maxResults": 5}}, False),
    ],
)
@pytest.mark.usefixtures("digest")
def test_a_fault_applies_only_to_matching_calls(
    aws: AwsStandIn, ecr: "ECRClient", rule: dict[str, Any], *, hit: bool
) -> None:
    aws.world.faults.throttle(**rule)
    if hit:
        refused(ecr.describe_images, repositoryName="team/api")
    else:
        ecr.describe_images(repositoryName="team/api")


def test_of_several_faults_the_first_applies_and_all_count(
    aws: AwsStandIn, ecr: "ECRClient"
) -> None:
    aws.world.faults.throttle()
    aws.world.faults.add(Fault(error="ServerException", skip=1, status=500))
    assert refused(ecr.describe_repositories)[0] == "ThrottlingException"
    assert refused(ecr.describe_repositories)[0] == "ServerException"


def test_a_fault_needs_a_known_effect() -> None:
    with pytest.raises(ValueError, match="needs an effect"):
        Fault(operation="DescribeImages")
    with pytest.raises(ValueError, match="every is"):
        Fault(cut="body", every=0)
    with pytest.raises(ValueError, match="cut is"):
        Fault(cut="sideways")  # type: ignore[arg-type]
