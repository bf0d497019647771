"""EventBridge rules and schedules, which may name an old revision of a task definition."""

from typing import Any

import orjson
import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.usage.ecs import EcsSource
from tests.usage.aws_support import PLACE, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:ecs:"


@pytest.fixture(autouse=True)
def family(aws: AwsStandIn) -> None:
    """`job` with revisions 1 to 3."""
    for n in (1, 2, 3):
        aws.world.ecs().register("job", [image("job", str(n))])


def users(tag: str, revisions: int = 1) -> set[str]:
    """Users of an image of `job`, without its newest task definition."""
    found = scan_source(EcsSource(open_aws_api(), revisions))
    users = {each.used_by for each in found if each.image == image("job", tag)}
    return {name for name in users if "task definition" not in name}


def arn(resource: str, account: str = "123456789012", region: str = "eu-west-1") -> str:
    return f"arn:aws:ecs:{region}:{account}:{resource}"


@pytest.mark.parametrize(
    ("name", "tag"),
    [("job:1", "1"), ("job:3", "3"), ("job", "3"), (arn("task-definition/job:2"), "2")],
)
class TestEveryWayToNameATaskDefinition:
    def test_rule(self, aws: AwsStandIn, name: str, tag: str) -> None:
        aws.world.events().run_task("nightly", name)
        assert users(tag) == {"EventBridge rule nightly"}

    def test_schedule(self, aws: AwsStandIn, name: str, tag: str) -> None:
        aws.world.scheduler().run_task("nightly", name)
        assert users(tag) == {"schedule nightly"}

    def test_universal_target(self, aws: AwsStandIn, name: str, tag: str) -> None:
        aws.world.scheduler().run_task("nightly", name, universal=True)
        assert users(tag) == {"schedule nightly"}


def test_disabled_rules_and_schedules_count(aws: AwsStandIn) -> None:
    aws.world.events().run_task("rule", "job:1", state="DISABLED")
    aws.world.scheduler().run_task("schedule", "job:1", state="DISABLED")
    assert users("1") == {"EventBridge rule rule", "schedule schedule"}


def test_every_bus_and_every_group(aws: AwsStandIn) -> None:
    aws.world.events().run_task("nightly", "job:1", bus="orders")
    aws.world.scheduler().run_task("nightly", "job:1", group="reports")
    assert users("1") == {"EventBridge rule orders/nightly", "schedule reports/nightly"}


def test_other_targets(aws: AwsStandIn) -> None:
    function = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    rule = aws.world.events().run_task("nightly", "job:1")
    aws.world.events().put_target(rule, {"Id": "f", "Arn": function})
    aws.world.scheduler().create("f", {"Arn": function})
    send = {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "no JSON"}
    aws.world.scheduler().create("sqs", send)
    assert users("1") == {"EventBridge rule nightly"}
    assert aws.world.calls.count("scheduler:GetSchedule") == 0


@pytest.mark.parametrize("action", ["runTask", "startTask", "createService", "updateService"])
@pytest.mark.parametrize("key", ["TaskDefinition", "taskDefinition"])
def test_every_call_of_ecs(aws: AwsStandIn, action: str, key: str) -> None:
    call = {"Cluster": "prod", key: "job:1"}
    target = {"Arn": f"{UNIVERSAL}{action}", "Input": orjson.dumps(call).decode()}
    aws.world.scheduler().create("nightly", target)
    assert users("1") == {"schedule nightly"}


@pytest.mark.parametrize("given", [{}, {"Input": '{"Service": "api", "DesiredCount": 0}'}])
def test_a_call_of_ecs_without_a_task_definition(aws: AwsStandIn, given: dict[str, Any]) -> None:
    aws.world.scheduler().create("evening", {"Arn": f"{UNIVERSAL}updateService", **given})
    assert {users(tag) == set() for tag in "123"} == {True}


@pytest.mark.parametrize("given", ["job:1", "[]", '"job"', '{"TaskDefinition": '])
def test_an_input_that_cannot_be_read(aws: AwsStandIn, given: str) -> None:
    aws.world.scheduler().create("nightly", {"Arn": f"{UNIVERSAL}runTask", "Input": given})
    with pytest.raises(ServiceError) as raised:
        users("1")
    assert "schedule nightly, whose Input is not a JSON object" in str(raised.value)
    assert f"scheduler:GetSchedule on {PLACE}" in str(raised.value)


@pytest.mark.parametrize(
    "elsewhere",
    [
        arn("task-definition/job:1", region="us-east-1"),
        arn("task-definition/job:1", account="111122223333"),
    ],
)
def test_task_definitions_of_other_accounts_and_regions_do_not_count(
    aws: AwsStandIn, elsewhere: str
) -> None:
    aws.world.scheduler().run_task("nightly", elsewhere, universal=True)
    assert users("1") == set()


def test_an_inactive_revision_that_is_named(aws: AwsStandIn) -> None:
    aws.world.events().run_task("nightly", "job:1")
    aws.world.ecs().deregister("job:1")
    assert users("1") == {"EventBridge rule nightly"}


@pytest.mark.parametrize("name", ["job:9", "gone", "gone:1"])
def test_a_missing_task_definition_does_not_count(aws: AwsStandIn, name: str) -> None:
    aws.world.events().run_task("nightly", name)
    assert scan_source(EcsSource(open_aws_api(), 1)) == {
        ImageUse(image("job", "3"), "ECS task definition job (newest revision)")
    }


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ("ListRules", {"schedule nightly"}),
        ("ListTargetsByRule", {"schedule nightly"}),
        ("GetSchedule", {"EventBridge rule nightly"}),
    ],
)
def test_a_resource_deleted_after_it_was_listed(
    aws: AwsStandIn, operation: str, left: set[str]
) -> None:
    aws.world.events().run_task("nightly", "job:1")
    aws.world.scheduler().run_task("nightly", "job:1")
    aws.world.faults.add(Fault(operation=operation, error="ResourceNotFoundException", status=404))
    assert users("1") == left


def test_a_schedule_changed_after_it_was_listed(aws: AwsStandIn) -> None:
    aws.world.scheduler().run_task("nightly", "job:1")
    target = {"Arn": "arn:aws:sqs:eu-west-1:123456789012:queue"}
    aws.world.faults.add(Fault(operation="GetSchedule", answer={"Target": target}))
    assert users("1") == set()


def test_a_scheduled_task_that_runs(aws: AwsStandIn) -> None:
    aws.world.events().run_task("nightly", "job:1", cluster="prod")
    aws.world.ecs().run_task("prod", "job:1", digests=[digest(1)])
    assert users("1") == {"EventBridge rule nightly", "ECS task job:1 on prod"}
