"""The workloads of the seeded company, and many workloads for benchmarks."""

import time
from collections import Counter
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.seed import WorkloadCounts, seed_company, seed_repository, seed_workloads

from .helpers import NOW


@pytest.fixture
def _company(aws: AwsStandIn) -> None:
    seed_company(aws.url, NOW)


def running(ecs: Any, cluster: str) -> list[tuple[str, str, str]]:
    """Group, tag and digest of each running container."""
    arns = ecs.list_tasks(cluster=cluster)["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return sorted(
        (task["group"], each["image"].rpartition(":")[2], each["imageDigest"])
        for task in tasks
        for each in task["containers"]
    )


@pytest.mark.usefixtures("_company")
def test_the_companys_services(aws: AwsStandIn, ecs: Any) -> None:
    web = aws.world.repository("shop/web")

    found = running(ecs, "prod")

    assert Counter((group, tag) for group, tag, _ in found) == {
        ("service:api", "1.12.0"): 3,
        ("service:bff", "0.1.5"): 1,
        ("service:web", "main"): 2,
        ("service:worker", "build-30"): 2,
        ("service:worker", "build-44"): 2,
    }
    [moved] = {digest for group, _, digest in found if group == "service:web"}
    assert not web.manifests[moved].tags
    assert web.manifests[moved].is_index
    assert web.digest_by_tag["main"] != moved
    [worker] = ecs.describe_services(cluster="prod", services=["worker"])["services"]
    assert [each["status"] for each in worker["deployments"]] == ["PRIMARY", "ACTIVE"]


@pytest.mark.usefixtures("_company")
def test_the_companys_schedules(events: Any, scheduler: Any, ecs: Any) -> None:
    [target] = events.list_targets_by_rule(Rule="monthly-report")["Targets"]
    arn = target["EcsParameters"]["TaskDefinitionArn"]
    [container] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"][
        "containerDefinitions"
    ]
    assert container["image"].endswith("/legacy/reports:r4")
    by_family = scheduler.get_schedule(Name="clean-up")["Target"]["EcsParameters"]
    assert by_family["TaskDefinitionArn"].endswith("task-definition/clean-up")
    universal = scheduler.get_schedule(Name="reindex", GroupName="search")["Target"]
    assert '"TaskDefinition":"reindex:1"' in universal["Input"]


@pytest.mark.usefixtures("_company")
def test_the_companys_functions(functions: Any) -> None:
    listed = functions.list_functions(FunctionVersion="ALL")["Functions"]
    assert Counter(each["FunctionName"] for each in listed) == {
        "invoice-pdf": 1,
        "thumbnailer": 4,
        "warm-up": 1,
    }
    live = functions.get_function(FunctionName="thumbnailer", Qualifier="live")
    assert live["Configuration"]["Version"] == "2"
    assert live["Code"]["ImageUri"].endswith("shop/worker:build-25")


def test_the_companys_workloads_are_the_same_every_time(aws: AwsStandIn) -> None:
    seed_company(aws.url, NOW)
    with AwsStandIn() as second:
        second.world.clock.set(NOW)
        seed_company(second.url, NOW)
        assert second.world.ecs().cluster("prod").tasks.keys() == (
            aws.world.ecs().cluster("prod").tasks.keys()
        )


def test_many_workloads(aws: AwsStandIn, ecs: Any, functions: Any) -> None:
    seed_repository(aws.url, "big/one", 40, now=NOW)
    counts = WorkloadCounts(
        services=10, tasks=35, functions=3, schedules=5, clusters=2, revisions=2, versions=4
    )

    seed_workloads(aws.url, counts, ["big/one"])

    found = [each for number in range(2) for each in running(ecs, f"cluster-{number}")]
    assert len(found) == 35
    assert Counter(group.partition(":")[0] for group, _, _ in found) == {
        "service": 30,
        "family": 5,
    }
    assert {digest for _, _, digest in found} <= aws.world.repository("big/one").manifests.keys()
    assert len(functions.list_functions(FunctionVersion="ALL")["Functions"]) == 15
    assert len(ecs.list_task_definitions(familyPrefix="service-3")["taskDefinitionArns"]) == 2
    assert len(aws.world.events().bus("default").rules) == 2
    assert len(aws.world.scheduler().group("default").schedules) == 3


def test_no_workloads(aws: AwsStandIn) -> None:
    seed_workloads(aws.url, WorkloadCounts(tasks=0), [], region="us-east-1")
    assert aws.world.ecs(region="us-east-1").clusters == {}


def test_thousands_of_workloads_are_created_in_seconds(aws: AwsStandIn) -> None:
    seed_repository(aws.url, "big/one", 40, now=NOW)
    before = time.monotonic()
    seed_workloads(aws.url, WorkloadCounts(services=2000, tasks=5000, functions=500), ["big/one"])
    assert time.monotonic() - before < 10
    assert sum(len(each.tasks) for each in aws.world.ecs().clusters.values()) == 5000
