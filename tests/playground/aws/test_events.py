"""EventBridge's buses, rules and targets."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, MakeClient, pages, refused

TOKEN = ("NextToken", "NextToken")
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report"


def target(events: Any, rule: str, **params: Any) -> Any:
    [found] = events.list_targets_by_rule(Rule=rule, **params)["Targets"]
    return found


@pytest.mark.parametrize(
    ("given", "arn"),
    [
        ("report", DEFINITION),
        ("report:3", f"{DEFINITION}:3"),
        (
            "arn:aws:ecs:us-east-1:1:task-definition/x:1",
            "arn:aws:ecs:us-east-1:1:task-definition/x:1",
        ),
    ],
)
def test_a_rule_runs_a_task(aws: AwsStandIn, events: Any, given: str, arn: str) -> None:
    aws.world.events().run_task("monthly", given, cluster="prod")

    [rule] = events.list_rules()["Rules"]
    found = target(events, "monthly")

    assert (rule["Name"], rule["State"], rule["EventBusName"]) == ("monthly", "ENABLED", "default")
    assert rule["ScheduleExpression"] == "rate(1 day)"
    assert rule["Arn"] == "arn:aws:events:eu-west-1:123456789012:rule/monthly"
    assert found["EcsParameters"]["TaskDefinitionArn"] == arn
    assert found["Arn"] == "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"


def test_every_bus_has_its_own_rules(aws: AwsStandIn, events: Any) -> None:
    world = aws.world.events()
    world.run_task("on-order", "report", bus="orders", pattern='{"source": ["shop"]}')
    bus = world.bus("orders")

    assert [each["Name"] for each in events.list_event_buses()["EventBuses"]] == [
        "default",
        "orders",
    ]
    assert events.list_event_buses(NamePrefix="o")["EventBuses"][0]["CreationTime"] == NOW
    assert events.list_rules()["Rules"] == []
    [rule] = events.list_rules(EventBusName="orders")["Rules"]
    assert "ScheduleExpression" not in rule
    assert rule["Arn"].endswith(":rule/orders/on-order")
    assert target(events, "on-order", EventBusName=bus.arn)
    assert refused(events.list_targets_by_rule, Rule="on-order") == (
        "ResourceNotFoundException",
        "Rule on-order does not exist on EventBus default.",
    )
    assert refused(events.list_rules, EventBusName="no")[0] == "ResourceNotFoundException"


def test_other_targets_and_none(aws: AwsStandIn, events: Any) -> None:
    world = aws.world.events()
    rule = world.put_rule("mixed", state="DISABLED")
    assert events.list_targets_by_rule(Rule="mixed")["Targets"] == []
    world.put_target(rule, {"Id": "q", "Arn": "arn:aws:sqs:eu-west-1:123456789012:q"})
    assert "EcsParameters" not in target(events, "mixed")
    assert events.list_rules(NamePrefix="m")["Rules"][0]["State"] == "DISABLED"


def test_100_per_page(aws: AwsStandIn, events: Any) -> None:
    world = aws.world.events()
    rule = world.put_rule("r0")
    for number in range(1, 103):
        world.put_rule(f"r{number}")
        world.bus(f"b{number}")
        world.put_target(rule, {"Id": f"t{number}", "Arn": "arn:aws:sqs:eu-west-1:1:q"})

    assert pages(events.list_rules, "Rules", TOKEN) == [100, 3]
    assert pages(events.list_rules, "Rules", TOKEN, Limit=60) == [60, 43]
    assert pages(events.list_event_buses, "EventBuses", TOKEN) == [100, 3]
    assert pages(events.list_targets_by_rule, "Targets", TOKEN, Rule="r0") == [100, 2]
    token = events.list_rules(Limit=1)["NextToken"]
    assert refused(events.list_rules, NamePrefix="r", NextToken=token)[0] == "InvalidToken"


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("events", checked=False)
    for call in (unchecked.list_rules, unchecked.list_event_buses):
        for limit in (0, 101):
            code, message = refused(call, Limit=limit)
            assert code == "ValidationException"
            assert f"Value '{limit}' at 'limit'" in message
    assert refused(unchecked.list_rules, Limit="x")[0] == "SerializationException"
    assert refused(unchecked.list_targets_by_rule)[0] == "ValidationException"


def test_permissions(aws: AwsStandIn, events: Any) -> None:
    rule = aws.world.events().run_task("on-order", "report", bus="orders")
    aws.world.deny("events:ListTargetsByRule", resource=rule.arn)
    aws.world.deny("events:ListRules", resource="*")
    for call, params in (
        (events.list_targets_by_rule, {"Rule": "on-order", "EventBusName": "orders"}),
        (events.list_rules, {}),
    ):
        assert refused(call, **params)[0] == "AccessDeniedException"
