"""ListClusters, ListTasks and DescribeTasks."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn, manifests

from .helpers import NOW, MakeClient, image, pages, pushed, refused

TOKEN = ("nextToken", "nextToken")


def described(ecs: Any, *tasks: Any) -> list[Any]:
    answer = ecs.describe_tasks(cluster="prod", tasks=[each.arn for each in tasks])
    assert answer["failures"] == []
    return list(answer["tasks"])


def listed(ecs: Any, **params: Any) -> set[str]:
    return set(ecs.list_tasks(cluster="prod", **params)["taskArns"])


def test_a_running_task(aws: AwsStandIn, ecs: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    task = aws.world.ecs().run_task("prod", "job", [reference, "nginx:1"], digests=[digest, None])

    [shown] = described(ecs, task)

    assert [(each["name"], each["image"]) for each in shown["containers"]] == [
        ("app", reference),
        ("sidecar-1", "nginx:1"),
    ]
    assert shown["containers"][0]["imageDigest"] == digest
    assert "imageDigest" not in shown["containers"][1]
    assert shown["taskDefinitionArn"].endswith("task-definition/job:1")
    assert (shown["lastStatus"], shown["desiredStatus"]) == ("RUNNING", "RUNNING")
    assert (shown["group"], shown["startedAt"]) == ("family:job", NOW)


def test_a_multi_arch_image_has_the_digest_of_its_index(aws: AwsStandIn, ecs: Any) -> None:
    repository = aws.world.create_repository("team/api")
    child = image("one")
    index = manifests.index([manifests.ChildManifest(child)])
    aws.world.push(repository, child)
    digest = aws.world.push(repository, index, tags=["1.0"])

    [shown] = described(ecs, aws.world.ecs().run_task("prod", "job", [f"{repository.uri}:1.0"]))

    assert shown["containers"][0]["imageDigest"] == digest


def test_a_task_keeps_its_digest_when_the_tag_moves(aws: AwsStandIn, ecs: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    task = aws.world.ecs().run_task("prod", "job", [reference])
    aws.world.push(aws.world.repository("team/api"), image("other"), tags=["1.0"])

    assert described(ecs, task)[0]["containers"][0]["imageDigest"] == digest


def test_a_pending_task_is_listed_as_running_and_has_no_digest(aws: AwsStandIn, ecs: Any) -> None:
    reference, _ = pushed(aws, "1.0")
    task = aws.world.ecs().run_task("prod", "job", [reference], last_status="PENDING")

    assert listed(ecs, desiredStatus="PENDING") == set()
    assert listed(ecs) == {task.arn}
    [shown] = described(ecs, task)
    assert (shown["lastStatus"], shown["desiredStatus"]) == ("PENDING", "RUNNING")
    assert "imageDigest" not in shown["containers"][0]
    assert "startedAt" not in shown


def test_stopped_tasks_are_shown_for_an_hour(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    task = world.run_task("prod", "job", ["nginx:1"], stopped_at=NOW - timedelta(minutes=59))

    assert listed(ecs) == set()
    assert listed(ecs, desiredStatus="STOPPED") == {task.arn}
    assert described(ecs, task)[0]["stoppedAt"] == NOW - timedelta(minutes=59)

    aws.world.clock.advance(timedelta(minutes=2))

    assert listed(ecs, desiredStatus="STOPPED") == set()
    answer = ecs.describe_tasks(cluster="prod", tasks=[task.arn])
    assert answer["failures"] == [{"arn": task.arn, "reason": "MISSING"}]


def test_a_stopping_task_has_the_desired_status_stopped(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    task = world.run_task("prod", "job", ["nginx:1"])
    assert described(ecs, task)[0]["lastStatus"] == "RUNNING"

    world.stop_task(task, last_status="DEACTIVATING")

    assert listed(ecs) == set()
    assert listed(ecs, desiredStatus="STOPPED") == {task.arn}
    assert described(ecs, task)[0]["lastStatus"] == "DEACTIVATING"
    world.stop_task(task)
    assert described(ecs, task)[0]["stoppedAt"] == NOW


def test_filters(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    service = world.create_service("prod", "api", ["nginx:1"], launch_type="EC2")
    job = world.run_task("prod", "job", ["nginx:1"], started_by="cron")
    [task] = [each for each in world.cluster("prod").tasks.values() if each is not job]

    assert listed(ecs, serviceName="api") == listed(ecs, serviceName=service.arn) == {task.arn}
    assert listed(ecs, family="job") == {job.arn}
    assert listed(ecs, launchType="EC2") == {task.arn}
    assert listed(ecs, startedBy="cron") == {job.arn}
    assert listed(ecs, startedBy=task.started_by) == {task.arn}
    assert listed(ecs, containerInstance="i") == listed(ecs, daemonName="d") == set()
    assert refused(ecs.list_tasks, cluster="prod", startedBy="x", family="job")[0] == (
        "InvalidParameterException"
    )
    assert refused(ecs.list_tasks, cluster="prod", serviceName="no")[0] == (
        "ServiceNotFoundException"
    )


def test_tasks_by_arn_or_id(aws: AwsStandIn, ecs: Any) -> None:
    task = aws.world.ecs().run_task("prod", "job", ["nginx:1"])
    gone = task.arn[:-1] + "x"

    answer = ecs.describe_tasks(cluster=task.cluster_arn, tasks=[task.id, gone.split("/")[-1]])

    assert [each["taskArn"] for each in answer["tasks"]] == [task.arn]
    assert answer["failures"] == [{"arn": gone, "reason": "MISSING"}]


def test_the_default_cluster(aws: AwsStandIn, ecs: Any) -> None:
    task = aws.world.ecs().run_task("prod", "job", ["nginx:1"])
    assert refused(ecs.list_tasks) == ("ClusterNotFoundException", "Cluster not found.")

    aws.world.ecs().cluster()

    assert ecs.list_tasks()["taskArns"] == []
    assert refused(ecs.describe_tasks, tasks=[task.arn]) == (
        "InvalidParameterException",
        "Invalid identifier: Identifier is for prod. Your cluster is default",
    )


def test_a_cluster_of_another_region_is_not_found(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().cluster("prod")
    other = aws.world.ecs(region="us-east-1").cluster("prod")
    assert refused(ecs.list_tasks, cluster=other.arn)[0] == "ClusterNotFoundException"


def test_100_tasks_per_call(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().cluster("prod")
    assert refused(ecs.describe_tasks, cluster="prod", tasks=["x"] * 101) == (
        "InvalidParameterException",
        "taskIds can have at most 100 items.",
    )
    assert refused(ecs.describe_tasks, cluster="prod", tasks=[])[1] == "Tasks cannot be empty."
    assert len(ecs.describe_tasks(cluster="prod", tasks=["x"] * 100)["failures"]) == 100


def test_pages(aws: AwsStandIn, ecs: Any) -> None:
    for number in range(205):
        aws.world.ecs().run_task("prod", f"job-{number % 2}", ["nginx:1"])

    assert pages(ecs.list_tasks, "taskArns", TOKEN, cluster="prod") == [100, 100, 5]
    assert pages(ecs.list_tasks, "taskArns", TOKEN, cluster="prod", maxResults=70) == [70, 70, 65]
    assert pages(ecs.list_tasks, "taskArns", TOKEN, cluster="prod", family="job-1") == [100, 2]


@pytest.mark.parametrize("size", [0, 101])
def test_page_sizes(aws: AwsStandIn, ecs: Any, size: int) -> None:
    aws.world.ecs().cluster()
    for call in (
        ecs.list_clusters,
        ecs.list_services,
        ecs.list_tasks,
        ecs.list_task_definitions,
        ecs.list_task_definition_families,
    ):
        assert refused(call, maxResults=size)[0] == "InvalidParameterException"


def test_a_token_is_valid_only_for_its_request(aws: AwsStandIn, ecs: Any) -> None:
    for number in range(3):
        aws.world.ecs().run_task("prod", "job", ["nginx:1"])
        aws.world.ecs().cluster(f"c{number}")
    token = ecs.list_tasks(cluster="prod", maxResults=1)["nextToken"]

    assert ecs.list_tasks(cluster="prod", maxResults=2, nextToken=token)["taskArns"]
    for call, params in (
        (ecs.list_tasks, {"cluster": "c1"}),
        (ecs.list_tasks, {"cluster": "prod", "desiredStatus": "STOPPED"}),
        (ecs.list_clusters, {}),
    ):
        assert refused(call, nextToken=token, **params)[0] == "InvalidParameterException"
    assert refused(ecs.list_tasks, cluster="prod", nextToken="x")[0] == "InvalidParameterException"


def test_clusters(aws: AwsStandIn, ecs: Any, make_client: MakeClient) -> None:
    for number in range(101):
        aws.world.ecs().cluster(f"c{number}")
    assert pages(ecs.list_clusters, "clusterArns", TOKEN) == [100, 1]
    assert make_client("ecs", region="us-east-1").list_clusters()["clusterArns"] == []


def test_wrong_types_and_values(aws: AwsStandIn, make_client: MakeClient) -> None:
    aws.world.ecs().cluster()
    unchecked = make_client("ecs", checked=False)
    assert refused(unchecked.list_tasks, maxResults="x")[0] == "SerializationException"
    assert refused(unchecked.list_tasks, desiredStatus="x")[0] == "InvalidParameterException"
    assert refused(unchecked.describe_tasks)[0] == "InvalidParameterException"


def test_permissions_are_checked_for_each_task(aws: AwsStandIn, ecs: Any) -> None:
    tasks = [aws.world.ecs().run_task("prod", "job", ["nginx:1"]) for _ in range(2)]
    aws.world.deny("ecs:DescribeTasks", resource=tasks[1].arn)
    aws.world.deny("ecs:ListClusters")

    assert described(ecs, tasks[0])
    code, message = refused(ecs.describe_tasks, cluster="prod", tasks=[t.arn for t in tasks])
    assert (code, tasks[1].arn in message) == ("AccessDeniedException", True)
    assert "on resource: * " in refused(ecs.list_clusters)[1]


def test_invalid_arguments(aws: AwsStandIn) -> None:
    world = aws.world.ecs()
    with pytest.raises(TypeError, match="unknown option color"):
        world.run_task("prod", "job", ["nginx:1"], color="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="a list"):
        world.run_task("prod", "job", "nginx:1")
    with pytest.raises(KeyError, match="no task definition"):
        world.run_task("prod", "job")
