"""Task definitions and their families."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, pages, refused

TOKEN = ("nextToken", "nextToken")


def names(ecs: Any, **params: Any) -> list[str]:
    arns = ecs.list_task_definitions(**params)["taskDefinitionArns"]
    return [arn.rsplit("/", 1)[1] for arn in arns]


@pytest.fixture(autouse=True)
def _definitions(aws: AwsStandIn) -> None:
    world = aws.world.ecs()
    for number in range(11):
        world.register("api", [f"nginx:{number}"])
    world.register("api-jobs", ["nginx:1"])
    world.deregister("api:2")
    world.register("gone", ["nginx:1"])
    world.deregister("gone:1")


def test_revisions_are_sorted_by_number(ecs: Any) -> None:
    ascending = [f"api:{n}" for n in (1, *range(3, 12))]
    assert names(ecs) == [*ascending, "api-jobs:1"]
    assert names(ecs, sort="DESC") == ["api-jobs:1", *reversed(ascending)]


def test_family_prefix_is_a_full_name_in_list_task_definitions(ecs: Any) -> None:
    assert names(ecs, familyPrefix="api-j") == []
    assert names(ecs, familyPrefix="api", sort="DESC", maxResults=1) == ["api:11"]
    assert ecs.list_task_definition_families(familyPrefix="api-j")["families"] == ["api-jobs"]


def test_statuses(ecs: Any) -> None:
    assert names(ecs, status="INACTIVE") == ["api:2", "gone:1"]
    families = ecs.list_task_definition_families
    assert families()["families"] == ["api", "api-jobs", "gone"]
    assert families(status="ACTIVE")["families"] == ["api", "api-jobs"]
    assert families(status="INACTIVE")["families"] == ["gone"]


@pytest.mark.parametrize("sort", ["ASC", "DESC"])
def test_pages(ecs: Any, sort: str) -> None:
    params: dict[str, Any] = {"familyPrefix": "api", "sort": sort, "maxResults": 4}
    assert pages(ecs.list_task_definitions, "taskDefinitionArns", TOKEN, **params) == [4, 4, 2]
    first = ecs.list_task_definitions(**params)
    second = ecs.list_task_definitions(**params, nextToken=first["nextToken"])
    listed = first["taskDefinitionArns"] + second["taskDefinitionArns"]
    assert [arn.rsplit("/", 1)[1] for arn in listed] == names(ecs, **params | {"maxResults": 8})


def described(ecs: Any, name: str) -> Any:
    return ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]


def test_a_family_names_its_latest_active_revision(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().deregister("api:11")

    latest = described(ecs, "api")

    assert (latest["family"], latest["revision"], latest["status"]) == ("api", 10, "ACTIVE")
    assert [each["image"] for each in latest["containerDefinitions"]] == ["nginx:9"]
    assert latest["registeredAt"] == NOW
    assert described(ecs, latest["taskDefinitionArn"]) == latest
    assert described(ecs, latest["taskDefinitionArn"].removesuffix(":10")) == latest
    assert described(ecs, "api:10") == latest


def test_an_inactive_revision_can_be_named_exactly(ecs: Any) -> None:
    inactive = described(ecs, "api:2")
    assert (inactive["status"], inactive["deregisteredAt"]) == ("INACTIVE", NOW)


@pytest.mark.parametrize(
    "name",
    ["no", "api:12", "gone", "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1", ""],
)
def test_unknown_definitions(ecs: Any, name: str) -> None:
    assert refused(ecs.describe_task_definition, taskDefinition=name) == (
        "ClientException",
        "Unable to describe task definition.",
    )


def test_images_make_a_new_revision_only_if_they_are_new(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    assert world.run_task("prod", "api", ["nginx:10"]).definition.name == "api:11"
    assert world.run_task("prod", "api", {"web": "nginx:10"}).definition.name == "api:12"
    assert world.run_task("prod", "api:3").definition.name == "api:3"
    [container] = described(ecs, "api")["containerDefinitions"]
    assert (container["name"], "versionConsistency" in container) == ("web", False)
    world.register("api", ["nginx:1"], version_consistency=False)
    assert described(ecs, "api")["containerDefinitions"][0]["versionConsistency"] == "disabled"
