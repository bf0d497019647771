"""Every call of the source fails in every way: the source raises an error, or its result is
complete."""

from pathlib import Path
from typing import Any

import pytest

from bot.aws.aws_api import AwsApi
from bot.core.errors import ServiceError
from bot.playground.aws import AwsStandIn, Fault
from bot.ports import UsageSource
from bot.usage.ecs import EcsSource
from tests.matrices import matrix, the_first
from tests.usage.aws_support import (
    CACHES,
    FAILURES,
    Open,
    cache_in,
    check_every_failure,
    check_every_timeout,
    check_incomplete_answers,
    check_throttling_is_retried,
    digest,
    image,
    open_aws_api,
    scan_source,
    warm_source,
)

pytestmark = pytest.mark.usefixtures("environment")


def open_source(aws_api: AwsApi) -> EcsSource:
    """A source that makes all its calls."""
    return EcsSource(aws_api, revisions=2)


@pytest.fixture
def opener(aws: AwsStandIn, tmp_path: Path, cache: str) -> Open:
    """Opens a source that makes all its calls, also with a warm cache."""
    if cache == "no cache":
        return open_source

    def opened(aws_api: AwsApi) -> UsageSource:
        source = EcsSource(aws_api, revisions=2, open_cache=cache_in(tmp_path))
        return warm_source(source, lambda: change(aws))

    return opened


def change(aws: AwsStandIn) -> None:
    """Starts new revisions of everything."""
    ecs = aws.world.ecs()
    tag = str(len(ecs.families["api"]))
    ecs.deploy("prod", "api", [image("api", tag)], digests=[digest(int(tag))])
    ecs.register("job", [image("job", tag)])
    ecs.deploy_daemon("prod", "agent", [image("agent", tag)])


@pytest.fixture(autouse=True)
def workloads(aws: AwsStandIn) -> None:
    ecs = aws.world.ecs()
    ecs.create_service("prod", "api", [image("api")], digests=[digest(1)])
    ecs.deploy("prod", "api", [image("api", "2")], digests=[digest(2)])
    ecs.run_task("prod", "job", [image("job")], digests=[digest(3)])
    ecs.deploy_daemon("prod", "agent", [image("agent")])
    aws.world.events().run_task("nightly", "job")
    aws.world.scheduler().run_task("nightly", "job")
    for n in range(201):
        ecs.register("often", [image("often", str(n))])


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


def test_every_call_is_made(aws: AwsStandIn) -> None:
    scan_source(open_source(open_aws_api()))
    assert sorted(aws.world.calls.counts()) == CALLS


@pytest.mark.parametrize(("failure", "third", "cache"), matrix(FAILURES, range(3), CACHES, meet=1))
def test_every_failure_of_every_call_is_an_error(
    aws: AwsStandIn, opener: Open, failure: str, third: int
) -> None:
    """The fast tests combine each failure with a third of the calls."""
    check_every_failure(aws, opener, FAILURES[failure], THIRDS[third])


@pytest.mark.parametrize("cache", CACHES)
def test_timed_out(aws: AwsStandIn, opener: Open) -> None:
    check_every_timeout(aws, opener)


def test_throttled_calls_are_retried(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    check_throttling_is_retried(aws, open_source, monkeypatch)


@pytest.mark.parametrize("cache", the_first(1, CACHES))
@pytest.mark.parametrize("entry", [{}, 7, "text", [], None], ids=repr)
def test_malformed_entries(aws: AwsStandIn, opener: Open, entry: Any) -> None:
    """Entries of a wrong type: texts instead of objects, and objects instead of ARNs."""
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
    check_incomplete_answers(aws, opener, described.items())


@pytest.mark.parametrize("cache", the_first(1, CACHES))
@pytest.mark.parametrize("entry", [{}, 7, [], None], ids=repr)
def test_malformed_names(aws: AwsStandIn, opener: Open, entry: Any) -> None:
    listed = {
        "ecs:ListClusters": {"clusterArns": [entry]},
        "ecs:ListTasks": {"taskArns": [entry]},
        "ecs:ListServices": {"serviceArns": [entry]},
        "ecs:ListTaskDefinitionFamilies": {"families": [entry]},
        "ecs:ListTaskDefinitions": {"taskDefinitionArns": [entry]},
    }
    check_incomplete_answers(aws, opener, listed.items())


TOO_LITTLE: dict[str, dict[str, Any]] = {
    "ecs:DescribeTasks": {"tasks": [], "failures": []},
    "ecs:DescribeServices": {"services": [], "failures": []},
    "ecs:DescribeServiceDeployments": {"serviceDeployments": [], "failures": []},
    "ecs:DescribeServiceRevisions": {"serviceRevisions": [], "failures": []},
    "ecs:DescribeDaemonDeployments": {"daemonDeployments": [], "failures": []},
    "ecs:DescribeDaemonRevisions": {"daemonRevisions": [], "failures": []},
}


@pytest.mark.parametrize("cache", CACHES)
def test_incomplete_descriptions(aws: AwsStandIn, opener: Open) -> None:
    check_incomplete_answers(aws, opener, TOO_LITTLE.items())


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("failure", [{"arn": "a", "reason": "THROTTLED"}, {"arn": "a"}])
def test_failures_other_than_deletion(
    aws: AwsStandIn, opener: Open, failure: dict[str, str]
) -> None:
    answers = {call: {**answer, "failures": [failure] * 9} for call, answer in TOO_LITTLE.items()}
    check_incomplete_answers(aws, opener, answers.items())


def test_the_sentence_of_a_failure(aws: AwsStandIn) -> None:
    failure = {"arn": "the-task", "reason": "BUSY", "detail": "queue"}
    aws.world.faults.add(
        Fault(operation="DescribeTasks", answer={"tasks": [], "failures": [failure]})
    )
    with pytest.raises(ServiceError) as raised:
        scan_source(open_source(open_aws_api()))
    assert str(raised.value) == (
        "ecs:DescribeTasks on 123456789012 in eu-west-1 failed for the-task with BUSY (queue): "
        "try again later"
    )


def test_a_region_without_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEDULER", "http://scheduler.nowhere.invalid")
    with pytest.raises(ServiceError, match=r"scheduler:ListSchedules .* got no answer"):
        scan_source(open_source(open_aws_api()))
