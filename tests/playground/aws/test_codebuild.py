"""CodeBuild's projects, in both of its protocols."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import NOW, MakeClient, pages, refused

TOKEN = ("nextToken", "nextToken")
ARN = "arn:aws:codebuild:eu-west-1:123456789012:project/build"
INVALID = "InvalidInputException"


def listed(codebuild: Any, **params: str) -> Any:
    return codebuild.list_projects(**params)["projects"]


def images(codebuild: Any, *names: str) -> list[str]:
    projects = codebuild.batch_get_projects(names=list(names))["projects"]
    return [project["environment"]["image"] for project in projects]


def test_a_project_has_an_environment(aws: AwsStandIn, codebuild: Any) -> None:
    aws.world.codebuild().create("build", "registry/builder:1", at=NOW - timedelta(days=1))

    [project] = codebuild.batch_get_projects(names=["build"])["projects"]

    assert (project["name"], project["arn"]) == ("build", ARN)
    assert project["environment"]["image"] == "registry/builder:1"
    assert project["environment"]["imagePullCredentialsType"] == "SERVICE_ROLE"
    assert project["created"] == project["lastModified"] == NOW - timedelta(days=1)


def test_a_curated_image(aws: AwsStandIn, codebuild: Any) -> None:
    aws.world.codebuild().create("build", "aws/codebuild/standard:7.0")
    [project] = codebuild.batch_get_projects(names=["build"])["projects"]
    assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"


def test_unknown_projects_are_listed(aws: AwsStandIn, codebuild: Any) -> None:
    aws.world.codebuild().create("build", "x:1")
    elsewhere = ARN.replace("eu-west-1", "us-east-1")

    answer = codebuild.batch_get_projects(names=["no", ARN, "build", elsewhere])

    assert [project["name"] for project in answer["projects"]] == ["build"]
    assert answer["projectsNotFound"] == ["no", elsewhere]
    assert codebuild.batch_get_projects(names=["build"])["projectsNotFound"] == []
    assert listed(codebuild) == ["build"]


def test_the_order_of_lists(aws: AwsStandIn, codebuild: Any) -> None:
    world = aws.world.codebuild()
    for days, name in enumerate(("p2", "p3", "p1")):
        world.create(name, "x:1", at=NOW - timedelta(days=days + 1))
    world.update("p3", "x:2")

    assert listed(codebuild) == ["p1", "p2", "p3"]
    assert listed(codebuild, sortOrder="DESCENDING") == ["p3", "p2", "p1"]
    assert listed(codebuild, sortBy="CREATED_TIME") == ["p1", "p3", "p2"]
    assert listed(codebuild, sortBy="LAST_MODIFIED_TIME") == ["p1", "p2", "p3"]
    assert images(codebuild, "p3", "p1") == ["x:2", "x:1"]


def test_100_per_page(aws: AwsStandIn, codebuild: Any) -> None:
    for number in range(201):
        aws.world.codebuild().create(f"p{number}", "x:1")

    assert pages(codebuild.list_projects, "projects", TOKEN) == [100, 100, 1]
    names = codebuild.get_paginator("list_projects").paginate().build_full_result()["projects"]
    assert len(set(names)) == 201
    assert len(images(codebuild, *names[:100])) == 100
    code, message = refused(codebuild.batch_get_projects, names=names[:101])
    assert code == INVALID
    assert message.endswith("Member must have length less than or equal to 100")
    token = codebuild.list_projects()["nextToken"]
    for params in ({"sortBy": "NAME", "nextToken": token}, {"nextToken": "x"}):
        assert refused(codebuild.list_projects, **params)[0] == INVALID


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_limits(make_client: MakeClient, protocol: str) -> None:
    unchecked = make_client("codebuild", checked=False, protocol=protocol)
    assert refused(unchecked.batch_get_projects, names=[])[0] == INVALID
    assert refused(unchecked.batch_get_projects)[0] == INVALID
    assert refused(unchecked.list_projects, sortBy="SIZE")[0] == INVALID
    assert refused(unchecked.list_projects, nextToken="")[0] == INVALID


def test_each_account_and_region_has_its_own_projects(
    aws: AwsStandIn, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", "210987654321")
    aws.world.codebuild("210987654321", "us-east-1").create("build", "x:1")

    def projects(**place: str) -> Any:
        return listed(make_client("codebuild", **place))

    assert projects(key="other", region="us-east-1") == ["build"]
    assert projects(region="us-east-1") == projects(key="other") == []


def test_permissions(aws: AwsStandIn, codebuild: Any) -> None:
    aws.world.codebuild().create("build", "x:1")
    aws.world.codebuild().create("other", "x:2")
    aws.world.deny("codebuild:ListProjects", resource="*")
    aws.world.deny("codebuild:BatchGetProjects", resource=ARN)

    assert refused(codebuild.list_projects)[0] == "AccessDeniedException"
    for name in ("build", ARN):
        code, message = refused(codebuild.batch_get_projects, names=["other", name])
        assert code == "AccessDeniedException"
        assert f"on resource: {ARN} " in message
    assert images(codebuild, "other") == ["x:2"]


def test_control(aws: AwsStandIn, codebuild: Any) -> None:
    control = ControlClient(aws.url)
    projects = [{"name": "build", "image": "x:1"}]
    assert control.send("POST", "/codebuild/projects", {"projects": projects}) == {
        "projects": [ARN]
    }
    control.send("PUT", "/codebuild/projects", {"name": "build", "image": "x:2"})
    assert images(codebuild, "build") == ["x:2"]


def test_a_project_is_created_once(aws: AwsStandIn) -> None:
    aws.world.codebuild().create("build", "x:1")
    with pytest.raises(ValueError, match="project build already exists"):
        aws.world.codebuild().create("build", "x:1")
