"""The control API for workloads."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import NOW, MakeClient, pushed

PLACE = {"account": "210987654321", "region": "us-east-1"}


@pytest.fixture
def control(aws: AwsStandIn) -> ControlClient:
    return ControlClient(aws.url)


def test_tasks_and_definitions(aws: AwsStandIn, control: ControlClient, ecs: Any) -> None:
    definitions = [{"family": "job", "images": ["nginx:1"]}, {"family": "job", "images": ["x:2"]}]
    registered = control.send("POST", "/ecs/definitions", {"definitions": definitions})
    assert registered == {"definitions": ["job:1", "job:2"]}
    ended = (NOW - timedelta(minutes=5)).isoformat()
    tasks = [
        {"cluster": "prod", "family": "job:1"},
        {"cluster": "prod", "family": "job", "stopped_at": ended},
    ]

    running, stopped = control.send("POST", "/ecs/tasks", {"tasks": tasks})["tasks"]

    assert ecs.list_tasks(cluster="prod")["taskArns"] == [running]
    [shown] = ecs.describe_tasks(cluster="prod", tasks=[stopped])["tasks"]
    assert shown["stoppedAt"] == NOW - timedelta(minutes=5)
    control.send("DELETE", "/ecs/tasks", {"task": running})
    assert ecs.list_tasks(cluster="prod")["taskArns"] == []
    control.send("DELETE", "/ecs/definitions", {"definition": "job:1"})
    assert aws.world.ecs().definition("job:1").status == "INACTIVE"


def test_services(aws: AwsStandIn, control: ControlClient, ecs: Any) -> None:
    service = {"cluster": "prod", "name": "api", "images": ["nginx:1"]}
    control.send("POST", "/ecs/services", {"services": [service]})
    control.send("POST", "/ecs/deployments", {"deployments": [service | {"images": ["x:2"]}]})
    world = aws.world.ecs().service("prod", "api")
    assert len(world.deployments) == 2
    control.send("POST", "/ecs/deployments/finish", {"cluster": "prod", "name": "api"})
    assert len(world.deployments) == 1
    control.send("DELETE", "/ecs/services", {"cluster": "prod", "name": "api", "drained": True})
    assert ecs.list_services(cluster="prod")["serviceArns"] == []

    external = service | {"name": "sets", "controller": "EXTERNAL"}
    control.send("POST", "/ecs/services", {"services": [external]})
    task_set = {"cluster": "prod", "name": "sets", "images": ["x:2"]}
    control.send("POST", "/ecs/task-sets", {"task_sets": [task_set]})
    [shown] = ecs.describe_services(cluster="prod", services=["sets"])["services"]
    assert len(shown["taskSets"]) == 2


def test_daemons(aws: AwsStandIn, control: ControlClient) -> None:
    daemon = {"cluster": "prod", "name": "agent", "images": ["nginx:1"]}
    [arn] = control.send("POST", "/ecs/daemons", {"daemons": [daemon]})["daemons"]
    assert arn == aws.world.ecs().cluster("prod").daemons["agent"].history[0].arn


def test_functions(aws: AwsStandIn, control: ControlClient, functions: Any) -> None:
    first, _ = pushed(aws, "1.0")
    second, digest = pushed(aws, "2.0")
    created = [{"name": "f", "image": first}, {"name": "script"}]
    control.send("POST", "/lambda/functions", {"functions": created})
    versions = [{"name": "f"}, {"name": "f", "image": second}]
    assert control.send("POST", "/lambda/versions", {"versions": versions}) == {
        "versions": ["1", "2"]
    }
    alias = {"name": "f", "alias": "live", "version": "2"}
    control.send("POST", "/lambda/aliases", {"aliases": [alias]})

    code = functions.get_function(FunctionName="f", Qualifier="live")["Code"]

    assert code["ResolvedImageUri"].endswith(digest)


def test_schedules(control: ControlClient, events: Any, scheduler: Any) -> None:
    rules = [{"name": "nightly", "task_definition": "job:1"}, {"name": "bare"}]
    control.send("POST", "/events/rules", {"rules": rules})
    target = {"Id": "q", "Arn": "arn:aws:sqs:eu-west-1:123456789012:q"}
    control.send("POST", "/events/targets", {"targets": [{"rule": "bare", "target": target}]})
    schedules = [{"name": "s", "task_definition": "job"}, {"name": "q", "target": {"Arn": "a"}}]
    control.send("POST", "/scheduler/schedules", {"schedules": schedules})

    assert events.list_targets_by_rule(Rule="nightly")["Targets"]
    assert events.list_targets_by_rule(Rule="bare")["Targets"] == [target]
    assert [each["Name"] for each in scheduler.list_schedules()["Schedules"]] == ["q", "s"]


def test_account_and_region_in_requests(
    aws: AwsStandIn, control: ControlClient, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", PLACE["account"])
    task = {"cluster": "prod", "family": "job", "images": ["nginx:1"]}
    control.send("POST", "/ecs/tasks", {**PLACE, "tasks": [task]})
    control.send("POST", "/regions", {**PLACE, "opt_in": "af-south-1"})

    there = make_client("ecs", key="other", region="us-east-1")

    assert len(there.list_tasks(cluster="prod")["taskArns"]) == 1
    assert aws.world.regions(PLACE["account"]).status["af-south-1"] == "opted-in"
    assert aws.world.regions().status["af-south-1"] == "not-opted-in"


def test_policies_and_replication(aws: AwsStandIn, control: ControlClient) -> None:
    aws.world.create_repository("team/api")
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    control.send("PUT", "/policies", {"repository": "team/api", "policy": policy})
    control.send("PUT", "/registry-policy", {"policy": policy})
    rule = {"destinations": [["123456789012", "us-east-1"]], "deletions": True}
    control.send("POST", "/replication", rule)

    registry = aws.world.registries.at("123456789012", "eu-west-1")

    assert aws.world.repository("team/api").policy == registry.policy
    assert registry.replication_rules[0]["deleteReplication"] == {"enabled": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ecs/tasks", {"tasks": [{"cluster": "prod", "family": "no"}]}),
        ("/ecs/tasks", {"tasks": [{"cluster": "prod", "family": "x", "colour": "red"}]}),
        ("/ecs/services", {"services": [{"cluster": "prod", "name": "x", "colour": "red"}]}),
        ("/ecs/deployments", {"deployments": [{"cluster": "no", "name": "x"}]}),
        ("/lambda/functions", {"functions": [{"name": "f", "colour": "red"}]}),
        ("/events/rules", {"rules": [{"name": "r", "colour": "red"}]}),
        ("/events/targets", {"targets": [{"rule": "no", "target": {}}]}),
        ("/scheduler/schedules", {"schedules": [{"name": "s"}]}),
        ("/regions", {"opt_in": "eu-west-1"}),
        ("/ecs/tasks", {}),
    ],
)
def test_an_invalid_body_is_rejected(
    control: ControlClient, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(RuntimeError, match="error"):
        control.send("POST", path, body)
