"""App Runner, Batch, SageMaker and CodeBuild in commands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from tests.cli.conftest import UseEverywhere
from tests.matrices import the_first
from tests.support import Result, Run, Shelf, others_off

PLACE = f"{DEFAULT_ACCOUNT} in eu-west-1"
SOURCES = ("app_runner", "batch", "sagemaker", "codebuild")
Put = Callable[[AwsStandIn, str], object]
Look = Callable[..., Result]

KEEPS: dict[str, tuple[str, Put, str]] = {
    "a service": (
        "app_runner",
        lambda aws, image: aws.world.apprunner().create("shop-web", image),
        "App Runner service shop-web",
    ),
    "a paused service": (
        "app_runner",
        lambda aws, image: aws.world.apprunner().create("shop-web", image, status="PAUSED"),
        "App Runner service shop-web",
    ),
    "a job definition": (
        "batch",
        lambda aws, image: aws.world.batch().register("nightly", image),
        "Batch job definition nightly:1",
    ),
    "a model": (
        "sagemaker",
        lambda aws, image: aws.world.sagemaker().create_model("chat", [image]),
        "SageMaker model chat",
    ),
    "an endpoint": (
        "sagemaker",
        lambda aws, image: aws.world.sagemaker().create_endpoint("live", {"all": [image]}),
        "SageMaker endpoint live",
    ),
    "an inference component": (
        "sagemaker",
        lambda aws, image: aws.world.sagemaker().create_component("base", "e", [{"image": image}]),
        "SageMaker inference component base",
    ),
    "a project": (
        "codebuild",
        lambda aws, image: aws.world.codebuild().create("build", image),
        "CodeBuild project build",
    ),
}

ASKED = {
    "app_runner": ("apprunner:ListServices", "apprunner:DescribeService"),
    "batch": ("batch:DescribeJobDefinitions",),
    "sagemaker": (
        "sagemaker:ListEndpoints",
        "sagemaker:DescribeEndpoint",
        "sagemaker:ListInferenceComponents",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:ListModels",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelPackage",
    ),
    "codebuild": ("codebuild:ListProjects", "codebuild:BatchGetProjects"),
}


@pytest.fixture
def look(plan: Run, settings_file: Callable[[str], Path], shelf: Shelf) -> Look:
    """Plans `team/api` with its images 1.0 and 1.1, which only usage keeps. Scans only these
    services."""
    shelf.images(2)

    def look_into(*sources: str) -> Result:
        settings_file(f"policies: [{{keep: []}}]\nusage: {{{others_off(*sources)}}}")
        return plan()

    return look_into


@pytest.mark.parametrize("what", KEEPS)
def test_workloads_keep_their_image(aws: AwsStandIn, shelf: Shelf, look: Look, what: str) -> None:
    source, put, used_by = KEEPS[what]
    put(aws, f"{shelf.id.uri}:1.1")
    result = look(source)
    assert result.status == 0
    (kept,) = (image for image in result.plan["images"] if image["verdict"] == "keep")
    assert kept["tags"] == ["1.1"]
    assert [reason["rule"] for reason in kept["reasons"]] == ["in_use"]
    assert kept["used_by"] == [used_by]
    (scan,) = result.plan["usage"]
    assert (scan["source"], scan["scope"], scan["images"]) == (source, PLACE, 1)
    assert scan["error"] is None
    assert scan["scanned_at"] == scan["last_whole_scan_at"]
    assert scan["scanned_at"] is not None
    assert source not in result.plan["not_checked"]


def test_a_job_definition_that_is_deregistered_keeps_nothing(
    aws: AwsStandIn, shelf: Shelf, look: Look
) -> None:
    batch = aws.world.batch()
    for tag in ("1.0", "1.1"):
        batch.register("nightly", f"{shelf.id.uri}:{tag}")
    batch.deregister("nightly:1")
    (kept,) = (image for image in look("batch").plan["images"] if image["verdict"] == "keep")
    assert kept["used_by"] == ["Batch job definition nightly:2"]


def test_the_image_of_an_endpoint_is_kept_after_its_tag_moved(
    aws: AwsStandIn, shelf: Shelf, look: Look
) -> None:
    deployed = shelf.image("first", "main")
    aws.world.sagemaker().create_endpoint("live", {"all": [f"{shelf.id.uri}:main"]})
    moved_to = shelf.image("second", "main")
    images = look("sagemaker").plan["images"]
    assert {each["digest"] for each in images if each["used_by"]} == {deployed, moved_to}


@pytest.mark.parametrize(
    "action", the_first(4, [action for actions in ASKED.values() for action in actions])
)
def test_denied_actions(
    aws: AwsStandIn,
    shelf: Shelf,
    look: Look,
    use_everywhere: UseEverywhere,
    action: str,
) -> None:
    (source,) = (source for source, actions in ASKED.items() if action in actions)
    use_everywhere(f"{shelf.id.uri}:1.1")
    aws.world.deny(action)
    result = look(*SOURCES)
    assert result.status == 3
    assert result.plan["complete"] is False
    assert result.plan["delete"] == []
    assert {look["source"] for look in result.plan["usage"] if look["error"]} == {source}
    assert f"{source} ({PLACE}): AWS refused {action}" in result.sentence


@pytest.mark.parametrize("off", SOURCES)
def test_a_switched_off_source_makes_no_calls(
    aws: AwsStandIn, shelf: Shelf, look: Look, off: str
) -> None:
    aws.world.apprunner().create("shop-web", f"{shelf.id.uri}:1.1")
    aws.world.batch().register("nightly", f"{shelf.id.uri}:1.1")
    result = look(*(source for source in SOURCES if source != off))
    assert off in result.plan["not_checked"]
    assert off not in {look["source"] for look in result.plan["usage"]}
    assert result.status == 0
    service = ASKED[off][0].partition(":")[0]
    assert not any(call.service == service for call in aws.world.calls)
