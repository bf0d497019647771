"""EventBridge Scheduler's groups and schedules."""

from typing import Any

import orjson
import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, MakeClient, pages, refused

TOKEN = ("NextToken", "NextToken")
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report"


@pytest.mark.parametrize(("given", "suffix"), [("report", ""), ("report:3", ":3")])
def test_a_schedule_runs_a_task(aws: AwsStandIn, scheduler: Any, given: str, suffix: str) -> None:
    aws.world.scheduler().run_task("monthly", given, cluster="prod")

    [summary] = scheduler.list_schedules()["Schedules"]
    schedule = scheduler.get_schedule(Name="monthly")

    assert summary["Target"] == {"Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"}
    assert (summary["GroupName"], summary["CreationDate"]) == ("default", NOW)
    assert schedule["Target"]["EcsParameters"]["TaskDefinitionArn"] == DEFINITION + suffix
    assert (schedule["State"], schedule["ScheduleExpression"]) == ("ENABLED", "rate(1 day)")


def test_a_universal_target_has_the_definition_in_its_input(
    aws: AwsStandIn, scheduler: Any
) -> None:
    aws.world.scheduler().run_task("monthly", "report:2", universal=True)
    target = scheduler.get_schedule(Name="monthly")["Target"]
    assert target["Arn"] == "arn:aws:scheduler:::aws-sdk:ecs:runTask"
    assert orjson.loads(target["Input"])["TaskDefinition"] == "report:2"
    assert "EcsParameters" not in target


def test_groups(aws: AwsStandIn, scheduler: Any) -> None:
    world = aws.world.scheduler()
    world.run_task("nightly", "report", group="reports", state="DISABLED")
    world.create("ping", {"Arn": "arn:aws:sqs:eu-west-1:123456789012:q"})

    def listed(**params: Any) -> list[str]:
        return [each["Name"] for each in scheduler.list_schedules(**params)["Schedules"]]

    assert [each["Name"] for each in scheduler.list_schedule_groups()["ScheduleGroups"]] == [
        "default",
        "reports",
    ]
    assert listed() == ["ping", "nightly"]
    assert listed(GroupName="reports") == listed(State="DISABLED") == ["nightly"]
    assert listed(NamePrefix="p") == ["ping"]
    assert refused(scheduler.get_schedule, Name="nightly") == (
        "ResourceNotFoundException",
        "Schedule nightly does not exist.",
    )
    assert scheduler.get_schedule(Name="nightly", GroupName="reports")["GroupName"] == "reports"
    assert refused(scheduler.list_schedules, GroupName="no")[0] == "ResourceNotFoundException"


def test_100_per_page(aws: AwsStandIn, scheduler: Any) -> None:
    world = aws.world.scheduler()
    for number in range(101):
        world.run_task(f"s{number}", "report")
        world.group(f"g{number}")

    assert pages(scheduler.list_schedules, "Schedules", TOKEN) == [100, 1]
    assert pages(scheduler.list_schedules, "Schedules", TOKEN, MaxResults=60) == [60, 41]
    assert pages(scheduler.list_schedule_groups, "ScheduleGroups", TOKEN) == [100, 2]
    token = scheduler.list_schedules(MaxResults=1)["NextToken"]
    assert refused(scheduler.list_schedules, State="ENABLED", NextToken=token)[0] == (
        "ValidationException"
    )


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("scheduler", checked=False)
    for call in (unchecked.list_schedules, unchecked.list_schedule_groups):
        for limit in (0, 101):
            assert refused(call, MaxResults=limit)[0] == "ValidationException"
    assert refused(unchecked.get_schedule, Name="a b")[0] == "ValidationException"


def test_list_schedules_needs_permission_for_all_groups(aws: AwsStandIn, scheduler: Any) -> None:
    aws.world.scheduler().run_task("nightly", "report", group="reports")
    aws.world.deny("scheduler:ListSchedules")
    aws.world.deny("scheduler:GetSchedule", resource="*:schedule/reports/nightly")

    code, message = refused(scheduler.list_schedules, GroupName="reports")
    assert code == "AccessDeniedException"
    assert "on resource: arn:aws:scheduler:eu-west-1:123456789012:schedule/*/* " in message
    assert refused(scheduler.get_schedule, Name="nightly", GroupName="reports")[0] == code
