"""ListServices and DescribeServices."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, pages, pushed, refused

TOKEN = ("nextToken", "nextToken")


def described(ecs: Any, name: str = "api") -> Any:
    [service] = ecs.describe_services(cluster="prod", services=[name])["services"]
    return service


def definitions(service: Any) -> list[tuple[str, str]]:
    return [
        (each["status"], each["taskDefinition"].rsplit("/", 1)[1])
        for each in service["deployments"]
    ]


def running(ecs: Any, **params: Any) -> list[str]:
    arns = ecs.list_tasks(cluster="prod", **params)["taskArns"]
    if not arns:
        return []
    tasks = ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"]
    return sorted(each["taskDefinitionArn"].rsplit("/", 1)[1] for each in tasks)


def test_a_service_runs_its_tasks(aws: AwsStandIn, ecs: Any) -> None:
    reference, _ = pushed(aws, "1.0")
    aws.world.ecs().create_service("prod", "api", [reference], desired=2)

    service = described(ecs)

    assert (service["status"], service["desiredCount"], service["createdAt"]) == ("ACTIVE", 2, NOW)
    assert service["deploymentController"] == {"type": "ECS"}
    assert service["taskDefinition"].endswith("task-definition/api:1")
    assert definitions(service) == [("PRIMARY", "api:1")]
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert service["taskSets"] == []
    assert len(service["currentServiceRevisions"]) == 1
    assert running(ecs, serviceName="api") == ["api:1", "api:1"]


def test_a_service_without_desired_tasks(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().create_service("prod", "api", ["nginx:1"], desired=0)
    assert definitions(described(ecs)) == [("PRIMARY", "api:1")]
    assert running(ecs) == []


def test_an_older_deployment_drains_until_the_new_one_is_finished(
    aws: AwsStandIn, ecs: Any
) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"])
    described(ecs)
    world.deploy("prod", "api", ["nginx:2"])

    service = described(ecs)
    assert definitions(service) == [("PRIMARY", "api:2"), ("ACTIVE", "api:1")]
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert service["taskDefinition"].endswith("api:2")
    assert len(service["currentServiceRevisions"]) == 2
    assert running(ecs) == ["api:1", "api:2"]

    world.finish("prod", "api")

    assert definitions(described(ecs)) == [("PRIMARY", "api:2")]
    assert running(ecs) == ["api:2"]
    assert running(ecs, desiredStatus="STOPPED") == ["api:1"]


def test_a_rolled_back_deployment_does_not_change_the_service(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"])
    world.deploy("prod", "api", ["nginx:2"], outcome="ROLLBACK_SUCCESSFUL")

    assert definitions(described(ecs)) == [("PRIMARY", "api:1")]
    assert running(ecs) == ["api:1"]


def test_task_sets_instead_of_deployments(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"], controller="CODE_DEPLOY")
    world.add_task_set("prod", "api", ["nginx:2"], running=2)
    world.create_service("prod", "outside", ["nginx:1"], controller="EXTERNAL")

    blue_green, outside = described(ecs), described(ecs, "outside")

    assert blue_green["deployments"] == outside["deployments"] == []
    assert [
        (each["status"], each["taskDefinition"].rsplit("/", 1)[1])
        for each in blue_green["taskSets"]
    ] == [("ACTIVE", "api:2"), ("PRIMARY", "api:1")]
    assert blue_green["taskDefinition"].endswith("api:1")
    assert "taskDefinition" not in outside
    assert "currentServiceRevisions" not in blue_green
    assert running(ecs) == ["api:1", "api:2", "api:2", "outside:1"]


def test_a_deleted_service_is_not_listed_but_keeps_its_tasks(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"])
    world.delete_service("prod", "api")

    assert ecs.list_services(cluster="prod")["serviceArns"] == []
    assert described(ecs)["status"] == "DRAINING"
    assert running(ecs) == ["api:1"]

    world.delete_service("prod", "api", drained=True)

    assert described(ecs)["status"] == "INACTIVE"
    assert running(ecs) == []
    assert refused(ecs.list_tasks, cluster="prod", serviceName="api")[0] == (
        "ServiceNotFoundException"
    )


def test_10_services_per_page_by_default(aws: AwsStandIn, ecs: Any) -> None:
    for number in range(23):
        launch_type = "EC2" if number % 2 else "FARGATE"
        aws.world.ecs().create_service(
            "prod", f"s{number}", ["nginx:1"], desired=0, launch_type=launch_type
        )

    def sizes(**params: Any) -> list[int]:
        return pages(ecs.list_services, "serviceArns", TOKEN, cluster="prod", **params)

    assert sizes() == [10, 10, 3]
    assert sizes(maxResults=100) == [23]
    assert sizes(launchType="EC2") == [10, 1]
    assert sizes(schedulingStrategy="DAEMON") == sizes(resourceManagementType="ECS") == [0]


def test_10_services_per_describe_call(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().create_service("prod", "api", ["nginx:1"])
    assert refused(ecs.describe_services, cluster="prod", services=["api"] * 11) == (
        "InvalidParameterException",
        "service names can have at most 10 items.",
    )
    assert refused(ecs.describe_services, cluster="prod", services=[])[1] == (
        "Services cannot be empty."
    )
    assert len(ecs.describe_services(cluster="prod", services=["api"] * 10)["services"]) == 10


def test_services_by_name_or_arn(aws: AwsStandIn, ecs: Any) -> None:
    arn = aws.world.ecs().create_service("prod", "api", ["nginx:1"]).arn
    old_arn = arn.replace("prod/", "")

    answer = ecs.describe_services(cluster="prod", services=[arn, old_arn, "no"])

    assert [each["serviceArn"] for each in answer["services"]] == [arn, arn]
    assert answer["failures"] == [{"arn": arn.replace("api", "no"), "reason": "MISSING"}]


def test_invalid_arguments(aws: AwsStandIn) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"])
    with pytest.raises(ValueError, match="service api already exists"):
        world.create_service("prod", "api", ["nginx:1"])
    with pytest.raises(ValueError, match="no task sets"):
        world.add_task_set("prod", "api", ["nginx:1"])
    with pytest.raises(KeyError):
        world.deploy("prod", "no", ["nginx:1"])
