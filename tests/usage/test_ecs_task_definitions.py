"""The newest ACTIVE revisions of every family. Each definition is described once."""

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.ecs.state import EcsState
from bot.usage.ecs import EcsSource
from tests.usage.aws_support import digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def ecs(aws: AwsStandIn) -> EcsState:
    """`job` with revisions 1 to 5, of which 4 is INACTIVE, and `job-report` with 1."""
    ecs = aws.world.ecs()
    for n in range(1, 6):
        ecs.register("job", [image("job", str(n))])
    ecs.deregister("job:4")
    ecs.register("job-report", [image("job-report")])
    return ecs


def image_uses(revisions: int) -> set[ImageUse]:
    return scan_source(EcsSource(open_aws_api(), revisions))


def job_tags(found: set[ImageUse]) -> set[str]:
    return {
        each.image.rpartition(":")[2] for each in found if each.image.startswith(image("job", ""))
    }


@pytest.mark.usefixtures("ecs")
@pytest.mark.parametrize(
    ("revisions", "expected"),
    [(1, "5"), (2, "53"), (3, "532"), (4, "5321"), (5, "5321"), (1000, "5321")],
)
def test_the_newest_active_revisions(revisions: int, expected: str) -> None:
    found = image_uses(revisions)
    assert job_tags(found) == set(expected)
    assert image("job-report") in {each.image for each in found}


def test_names_of_the_users(ecs: EcsState) -> None:
    ecs.deregister("job-report:1")
    newest = "ECS task definition job"
    assert image_uses(1) == {ImageUse(image("job", "5"), f"{newest} (newest revision)")}
    assert image_uses(2) == {
        ImageUse(image("job", "5"), f"{newest}:5 (of the newest 2)"),
        ImageUse(image("job", "3"), f"{newest}:3 (of the newest 2)"),
    }


@pytest.mark.parametrize("revisions", [1, 2])
def test_a_family_without_active_revisions(aws: AwsStandIn, revisions: int) -> None:
    ecs = aws.world.ecs()
    ecs.register("old", [image("old")])
    ecs.deregister("old:1")
    assert image_uses(revisions) == set()


def test_families_with_the_same_prefix_do_not_count(aws: AwsStandIn, ecs: EcsState) -> None:
    """For the case that ECS treats the name of a family as a prefix."""
    for n in range(201):
        ecs.register("job-report", [image("job-report", str(n))])
    both = ["job-report:1", "job:5"]
    arns = [ecs.definition(name).arn for name in both]
    aws.world.faults.add(
        Fault(
            operation="ListTaskDefinitions",
            parameters={"familyPrefix": "job"},
            answer={"taskDefinitionArns": arns},
        )
    )
    assert job_tags(image_uses(2)) == {"5"}


def test_each_definition_is_described_once(aws: AwsStandIn, ecs: EcsState) -> None:
    for n in range(3):
        ecs.create_service("prod", f"job-{n}", family="job", digests=[digest(n)])
        aws.world.events().run_task(f"rule-{n}", "job")
        aws.world.scheduler().run_task(f"schedule-{n}", "job:5", universal=n == 1)
        aws.world.scheduler().run_task(f"old-{n}", "job:1")
    found = image_uses(1)
    described = aws.world.calls.named("ecs:DescribeTaskDefinition")
    names = sorted(call.params["taskDefinition"] for call in described)
    assert names == ["job-report:1", "job:1", "job:5"]
    newest = {each.used_by for each in found if each.image == image("job", "5")}
    assert newest >= {"ECS prod/job-2", "EventBridge rule rule-0", "schedule schedule-1"}


def test_every_container(aws: AwsStandIn) -> None:
    images = [image("app"), image("proxy"), "nginx"]
    aws.world.ecs().register("both", images)
    assert {each.image for each in image_uses(1)} == set(images)


def test_an_ambiguous_error_code_is_not_taken_for_deletion(aws: AwsStandIn, ecs: EcsState) -> None:
    ecs.register("other", [image("other")])
    aws.world.faults.add(
        Fault(operation="DescribeTaskDefinition", error="ClientException", message="Not allowed")
    )
    with pytest.raises(ServiceError, match=r"ecs:DescribeTaskDefinition .* Not allowed"):
        image_uses(1)
