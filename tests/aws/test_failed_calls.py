"""Errors of AWS name the call that failed."""

from collections.abc import Callable

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.errors import explain_errors
from bot.aws.sessions import AssumedRole, open_session
from bot.core.errors import ErrorText, FailedAwsCall, ServiceError
from bot.playground.aws import AwsStandIn, Fault
from tests.support import Shelf
from tests.usage.aws_support import open_aws_api

ROLE = "arn:aws:iam::123456789012:role/reader"
DENIED = "AccessDeniedException"


def sentence_of(call: Callable[[], object]) -> ErrorText:
    with pytest.raises(ServiceError) as caught:
        call()
    return ErrorText.of(caught.value)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(error=DENIED), DENIED),
        (Fault(error="ThrottlingException", times=None), "ThrottlingException"),
        (Fault(error="ExpiredTokenException"), "ExpiredTokenException"),
        (Fault(error="InvalidSignatureException"), "InvalidSignatureException"),
        (Fault(body="<html>"), ""),
        (Fault(cut="before", times=None), ""),
    ],
    ids=["denied", "throttled", "expired", "unknown credentials", "unreadable", "no answer"],
)
def test_a_failed_call_has_the_code_of_aws(
    fault: Fault, code: str, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    aws.world.faults.add(fault)
    failed = sentence_of(lambda: list(registry.describe(shelf.id)))
    assert failed.call == FailedAwsCall("ecr:DescribeImages", code)


def test_a_role_that_cannot_be_assumed_names_that_call(
    aws: AwsStandIn, shelf: Shelf, environment: object
) -> None:
    del environment, aws
    registry = EcrRegistry(open_session(AssumedRole(ROLE)))
    failed = sentence_of(lambda: list(registry.describe(shelf.id)))
    assert failed.call == FailedAwsCall("sts:AssumeRole", "AccessDenied")


def test_cached_failures_name_their_call_each_time(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    aws.world.deny("ecr:DescribeRegistry")
    for _ in range(2):
        failed = sentence_of(lambda: registry.deleted_also_in(shelf.id))
        assert failed.call == FailedAwsCall("ecr:DescribeRegistry", DENIED)


def test_an_answer_that_omits_an_image(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digest = shelf.image("a")
    aws.world.faults.add(Fault(operation="DescribeImages", answer={"imageDetails": []}))
    failed = sentence_of(lambda: registry.describe_some(shelf.id, [digest]))
    assert failed.call == FailedAwsCall("ecr:DescribeImages")


@pytest.mark.usefixtures("aws", "environment")
def test_an_unusable_answer_of_another_service() -> None:
    answer = open_aws_api().call("ecs", "list_clusters")
    assert ErrorText.of(answer.unusable("is odd")).call == FailedAwsCall("ecs:ListClusters")
    failed = sentence_of(lambda: answer["nonsense"])
    assert failed.call == FailedAwsCall("ecs:ListClusters")


def read_nothing() -> None:
    with explain_errors("Reading ECS", "there", is_call=False):
        raise LookupError("nothing")


def test_an_error_of_several_calls_names_none() -> None:
    assert sentence_of(read_nothing).call is None
