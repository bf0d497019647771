"""AWS throttles, closes connections or returns invalid answers."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn, Fault
from bot.playground.faults import ConnectionCut
from tests.support import Run, Shelf

NONSENSE: list[dict[str, Any]] = [
    {"body": "<html>sign in to the network</html>"},
    {"body": '{"imageDetails": ['},
    {"body": ""},
    {"body": "[]"},
    {"body": "null"},
    {"answer": {}},
    {"answer": {"imageDetails": None, "repositories": None, "images": None}},
    {"answer": {"imageDetails": [{}], "repositories": [{}], "images": [{}]}},
    {"answer": {"imageDetails": [7], "repositories": [7], "images": [7]}},
    {"answer": {"imageDetails": 7, "repositories": 7, "images": 7}},
]
CUTS: list[ConnectionCut] = ["before", "after", "body"]


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    shelf.index("multi", "amd64", "arm64")
    shelf.image("stray", "", age=50)
    return shelf


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("operation", ["DescribeRepositories", "DescribeImages", "BatchGetImage"])
def test_throttled_calls_are_retried(
    operation: str, aws: AwsStandIn, plan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    aws.world.faults.throttle(operation=operation)
    result = plan()
    assert result.status == 0
    assert result.err == ""
    assert result.plan["complete"] is True
    assert aws.world.calls.count(f"ecr:{operation}") == 2


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("operation", ["DescribeRepositories", "DescribeImages"])
def test_permanent_throttling_fails(operation: str, aws: AwsStandIn, plan: Run) -> None:
    aws.world.faults.throttle(operation=operation, times=None)
    result = plan()
    assert (result.status, result.out) == (1, "")
    assert f"AWS throttled ecr:{operation}" in result.sentence


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("operation", ["DescribeRepositories", "DescribeImages"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_closed_connection_fails(
    operation: str, cut: ConnectionCut, aws: AwsStandIn, plan: Run
) -> None:
    aws.world.faults.add(Fault(operation=operation, cut=cut, times=None))
    result = plan()
    assert (result.status, result.out) == (1, "")
    assert f"ecr:{operation} on" in result.sentence
    told = "boto3 cannot read" if cut == "body" else "got no answer"
    assert told in result.sentence


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("operation", ["DescribeRepositories", "DescribeImages"])
@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
def test_an_invalid_answer_fails(
    operation: str, nonsense: dict[str, Any], aws: AwsStandIn, plan: Run
) -> None:
    aws.world.faults.add(Fault(**{"operation": operation, "times": None, **nonsense}))
    result = plan()
    assert (result.status, result.out) == (1, "")
    assert f"ecr:{operation} on" in result.sentence
    assert "boto3 cannot read" in result.sentence


READING_FAILS: list[dict[str, Any]] = [
    {"error": "ThrottlingException"},
    {"error": "ServerException", "status": 500},
    {"error": "Surprise"},
    *({"cut": cut} for cut in CUTS),
    *NONSENSE[::2],
]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("fault", READING_FAILS, ids=str)
def test_an_unreadable_index_keeps_its_possible_parts(
    fault: dict[str, Any], aws: AwsStandIn, plan: Run
) -> None:
    aws.world.faults.add(Fault(**{"operation": "BatchGetImage", "times": None, **fault}))
    result = plan()
    assert result.status == 3
    assert "is incomplete" in result.sentence
    assert result.plan["complete"] is False
    assert len(result.plan["images"]) == 4
    assert result.plan["delete"] == []


@pytest.mark.usefixtures("shelf")
def test_the_next_plan_is_complete_again(aws: AwsStandIn, plan: Run) -> None:
    aws.world.faults.throttle(operation="BatchGetImage")
    assert plan().status == 3
    result = plan()
    assert result.status == 0
    assert len(result.plan["delete"]) == 1


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("fault", READING_FAILS[::3], ids=str)
def test_savings_are_inexact_where_the_setting_is_unknown(
    fault: dict[str, Any], aws: AwsStandIn, plan: Run
) -> None:
    aws.world.faults.add(Fault(**{"operation": "GetAccountSetting", "times": None, **fault}))
    result = plan()
    assert result.status == 0
    assert result.err == ""
    assert result.plan["savings"]["exact"] is False


def test_an_answer_without_the_index(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    del shelf
    aws.world.faults.add(Fault(operation="BatchGetImage", answer={"images": [], "failures": []}))
    result = plan()
    assert result.status == 3
    assert "ECR's answer does not include it" in result.sentence
    assert result.plan["delete"] == []


def test_an_unreachable_endpoint(
    aws: AwsStandIn, plan: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws, shelf
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    result = plan()
    assert (result.status, result.out) == (1, "")
    assert "got no answer" in result.sentence
    assert "check the network" in result.sentence
