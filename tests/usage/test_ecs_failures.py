"""Each call of the source fails in each way: it says so, or is complete and right."""

from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.playground.aws import Fault, StandIn
from bot.usage.ecs import EcsSource
from tests.matrices import matrix
from tests.usage.aws_support import (
    FAILURES,
    digest,
    every_failure_is_told,
    every_throttling_is_survived,
    every_time_out_is_told,
    image,
    look,
    nothing_is_left_out_silently,
    open_aws_api,
)

pytestmark = pytest.mark.usefixtures("environment")


def open_source(aws_api: Any) -> EcsSource:
    """It makes every call that a source can make."""
    return EcsSource(aws_api, revisions=2)


@pytest.fixture(autouse=True)
def workloads(aws: StandIn) -> None:
    ecs = aws.world.ecs()
    ecs.create_service("prod", "api", [image("api")], digests=[digest(1)])
    ecs.deploy("prod", "api", [image("api", "2")], digests=[digest(2)])
    ecs.run_task("prod", "job", [image("job")], digests=[digest(3)])
    ecs.deploy_daemon("prod", "agent", [image("agent")])
    aws.world.events().run_task("nightly", "job")
    aws.world.scheduler().run_task("nightly", "job")


CALLS = [
    "ecs:DescribeDaemon",
    "ecs:DescribeDaemonDeployments",
    "ecs:DescribeDaemonRevisions",
    "ecs:DescribeDaemonTaskDefinition",
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServiceRevisions",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeTasks",
    "ecs:ListClusters",
    "ecs:ListDaemonTaskDefinitions",
    "ecs:ListDaemons",
    "ecs:ListServices",
    "ecs:ListTaskDefinitionFamilies",
    "ecs:ListTaskDefinitions",
    "ecs:ListTasks",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
    "scheduler:GetSchedule",
    "scheduler:ListSchedules",
]
THIRDS = [CALLS[place::3] for place in range(3)]


def test_every_call_is_made(aws: StandIn) -> None:
    look(open_source(open_aws_api()))
    assert sorted(aws.world.calls.counts()) == CALLS


@pytest.mark.parametrize(("failure", "third"), matrix(FAILURES, range(3), meet=1))
def test_every_failure_of_every_call_is_told(aws: StandIn, failure: str, third: int) -> None:
    """The fast tests let each call fail in every third way, and each way befall every third call:
    the source is read much alike for all of them."""
    every_failure_is_told(aws, open_source, FAILURES[failure], THIRDS[third])


def test_timed_out(aws: StandIn) -> None:
    every_time_out_is_told(aws, open_source)


def test_throttled_and_then_well(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    every_throttling_is_survived(aws, open_source, monkeypatch)


@pytest.mark.parametrize("entry", [{}, 7, "text", [], None], ids=repr)
def test_entries_of_a_wrong_form(aws: StandIn, entry: Any) -> None:
    """Texts where things are told, and things where ARNs are."""
    described = {
        "ecs:DescribeTasks": {"tasks": [entry]},
        "ecs:DescribeServices": {"services": [entry]},
        "ecs:DescribeServiceDeployments": {"serviceDeployments": [entry]},
        "ecs:DescribeServiceRevisions": {"serviceRevisions": [entry, entry]},
        "ecs:DescribeTaskDefinition": {"taskDefinition": entry},
        "ecs:ListDaemons": {"daemonSummariesList": [entry]},
        "ecs:DescribeDaemon": {"daemon": entry and {"currentRevisions": [entry]}},
        "ecs:DescribeDaemonDeployments": {"daemonDeployments": [entry]},
        "ecs:DescribeDaemonRevisions": {"daemonRevisions": [entry]},
        "ecs:ListDaemonTaskDefinitions": {"daemonTaskDefinitions": [entry]},
        "ecs:DescribeDaemonTaskDefinition": {"daemonTaskDefinition": entry},
        "events:ListEventBuses": {"EventBuses": [entry]},
        "events:ListRules": {"Rules": [entry]},
        "events:ListTargetsByRule": {"Targets": [{"EcsParameters": {"TaskDefinitionArn": 7}}]},
        "scheduler:ListSchedules": {"Schedules": [entry]},
        "scheduler:GetSchedule": {"Target": entry},
    }
    nothing_is_left_out_silently(aws, open_source, described.items())


@pytest.mark.parametrize("entry", [{}, 7, [], None], ids=repr)
def test_names_of_a_wrong_form(aws: StandIn, entry: Any) -> None:
    listed = {
        "ecs:ListClusters": {"clusterArns": [entry]},
        "ecs:ListTasks": {"taskArns": [entry]},
        "ecs:ListServices": {"serviceArns": [entry]},
        "ecs:ListTaskDefinitionFamilies": {"families": [entry]},
        "ecs:ListTaskDefinitions": {"taskDefinitionArns": [entry]},
    }
    nothing_is_left_out_silently(aws, open_source, listed.items())


TOO_LITTLE: dict[str, dict[str, Any]] = {
    "ecs:DescribeTasks": {"tasks": [], "failures": []},
    "ecs:DescribeServices": {"services": [], "failures": []},
    "ecs:DescribeServiceDeployments": {"serviceDeployments": [], "failures": []},
    "ecs:DescribeServiceRevisions": {"serviceRevisions": [], "failures": []},
    "ecs:DescribeDaemonDeployments": {"daemonDeployments": [], "failures": []},
    "ecs:DescribeDaemonRevisions": {"daemonRevisions": [], "failures": []},
}


def test_less_is_described_than_was_asked_for(aws: StandIn) -> None:
    nothing_is_left_out_silently(aws, open_source, TOO_LITTLE.items())


@pytest.mark.parametrize("failure", [{"arn": "a", "reason": "THROTTLED"}, {"arn": "a"}])
def test_a_failure_that_does_not_mean_gone(aws: StandIn, failure: dict[str, str]) -> None:
    answers = {call: {**told, "failures": [failure] * 9} for call, told in TOO_LITTLE.items()}
    nothing_is_left_out_silently(aws, open_source, answers.items())


def test_a_failure_is_told_in_a_sentence(aws: StandIn) -> None:
    failure = {"arn": "the-task", "reason": "BUSY", "detail": "come back"}
    aws.world.faults.add(
        Fault(operation="DescribeTasks", answer={"tasks": [], "failures": [failure]})
    )
    with pytest.raises(ServiceError) as told:
        look(open_source(open_aws_api()))
    assert str(told.value) == (
        "ecs:DescribeTasks on 123456789012 in eu-west-1 failed for the-task with BUSY (come back): "
        "try again later"
    )


def test_a_region_without_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEDULER", "http://scheduler.nowhere.invalid")
    with pytest.raises(ServiceError, match=r"scheduler:ListSchedules .* got no answer"):
        look(open_source(open_aws_api()))
