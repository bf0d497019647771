"""CodeBuild: the images of all projects."""

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.codebuild.state import CodeBuildState
from bot.usage.codebuild import codebuild_source
from tests.usage.aws_support import PLACE, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

TOOLS = image("team/tools")


@pytest.fixture
def codebuild(aws: AwsStandIn) -> CodeBuildState:
    return aws.world.codebuild()


def image_uses() -> set[ImageUse]:
    return scan_source(codebuild_source(open_aws_api()))


def test_name_and_scope_of_the_source() -> None:
    source = codebuild_source(open_aws_api())
    assert (source.name, source.scope) == ("codebuild", PLACE)


def test_no_workloads(aws: AwsStandIn) -> None:
    assert image_uses() == set()
    assert aws.world.calls.counts() == {"codebuild:ListProjects": 1}


def test_every_project(codebuild: CodeBuildState) -> None:
    pinned = f"{image('team/go')}@{digest(1)}"
    codebuild.create("build", TOOLS)
    codebuild.create("test", pinned)
    codebuild.create("lint", "aws/codebuild/standard:7.0")
    assert image_uses() == {
        ImageUse(TOOLS, "CodeBuild project build"),
        ImageUse(pinned, "CodeBuild project test"),
        ImageUse("aws/codebuild/standard:7.0", "CodeBuild project lint"),
    }


def test_a_resource_deleted_after_it_was_listed(aws: AwsStandIn, codebuild: CodeBuildState) -> None:
    codebuild.create("build", TOOLS)
    names = {"projects": ["build", "gone"]}
    aws.world.faults.add(Fault(operation="ListProjects", answer=names))
    assert image_uses() == {ImageUse(TOOLS, "CodeBuild project build")}


def test_all_projects_deleted_after_they_were_listed(aws: AwsStandIn) -> None:
    aws.world.faults.add(Fault(operation="ListProjects", answer={"projects": ["gone"]}))
    assert image_uses() == set()


def test_an_omitted_project_is_an_error(aws: AwsStandIn, codebuild: CodeBuildState) -> None:
    codebuild.create("build", TOOLS)
    codebuild.create("test", TOOLS)
    incomplete = {"projects": [{"name": "build", "environment": {"image": TOOLS}}]}
    aws.world.faults.add(Fault(operation="BatchGetProjects", answer=incomplete))
    with pytest.raises(ServiceError, match="omitted 1 of 2 projects"):
        image_uses()


def test_more_than_one_page_of_everything(aws: AwsStandIn, codebuild: CodeBuildState) -> None:
    for n in range(201):
        codebuild.create(f"p-{n}", image("p", str(n)))
    assert image_uses() == {
        ImageUse(image("p", str(n)), f"CodeBuild project p-{n}") for n in range(201)
    }
    assert aws.world.calls.counts() == {
        "codebuild:ListProjects": 3,
        "codebuild:BatchGetProjects": 3,
    }
