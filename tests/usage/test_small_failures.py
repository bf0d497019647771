"""App Runner, Batch, SageMaker, CodeBuild: each call fails in each way, and the source says so or
is complete and right."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from bot.core.errors import ServiceError
from bot.playground.aws import StandIn
from bot.usage.app_runner import app_runner_source
from bot.usage.batch import batch_source
from bot.usage.codebuild import codebuild_source
from bot.usage.sagemaker import sagemaker_source
from tests.matrices import matrix
from tests.usage.aws_support import (
    FAILURES,
    SECOND_PAGE,
    UNLISTED,
    Fail,
    Open,
    digest,
    every_failure_is_told,
    every_throttling_is_survived,
    every_time_out_is_told,
    image,
    look,
    lose_host,
    nothing_is_left_out_silently,
    open_aws_api,
)

pytestmark = pytest.mark.usefixtures("environment")


class Small(NamedTuple):
    """`fill` makes so many workloads of every kind; `calls`: those that two of them take."""

    service: str
    open: Open
    fill: Callable[[StandIn, int], None]
    page: int
    calls: Mapping[str, int]


def app_runner_services(aws: StandIn, count: int) -> None:
    for n in range(count):
        aws.world.apprunner().create(f"service-{n}", image("s", str(n)))


def batch_definitions(aws: StandIn, count: int) -> None:
    for n in range(count):
        aws.world.batch().register(f"job-{n}", image("j", str(n)))


def codebuild_projects(aws: StandIn, count: int) -> None:
    for n in range(count):
        aws.world.codebuild().create(f"project-{n}", image("p", str(n)))


def sagemaker_things(aws: StandIn, count: int) -> None:
    """The first model comes from a package, the first inference component from a model."""
    sagemaker = aws.world.sagemaker()
    deployed = image("deployed")
    sagemaker.create_package("vendor", [image("packaged")])
    sagemaker.create_model("model-0", [], package="vendor")
    sagemaker.create_endpoint("endpoint-0", {"v": [deployed]}, digests={deployed: digest(1)})
    sagemaker.create_component("component-0", "endpoint-0", [{"model": "model-1"}])
    for n in range(1, count):
        sagemaker.create_model(f"model-{n}", [image("m", str(n))])
        sagemaker.create_endpoint(f"endpoint-{n}", {"v": []})
        sagemaker.create_component(
            f"component-{n}", f"endpoint-{n}", [{"image": deployed, "digest": digest(1)}]
        )


SMALL = {
    "app_runner": Small(
        "apprunner",
        app_runner_source,
        app_runner_services,
        20,
        {"apprunner:ListServices": 1, "apprunner:DescribeService": 2},
    ),
    "batch": Small(
        "batch", batch_source, batch_definitions, 100, {"batch:DescribeJobDefinitions": 1}
    ),
    "sagemaker": Small(
        "sagemaker",
        sagemaker_source,
        sagemaker_things,
        100,
        {
            "sagemaker:ListEndpoints": 1,
            "sagemaker:DescribeEndpoint": 2,
            "sagemaker:ListInferenceComponents": 1,
            "sagemaker:DescribeInferenceComponent": 2,
            "sagemaker:ListModels": 1,
            "sagemaker:DescribeModel": 3,
            "sagemaker:DescribeModelPackage": 1,
        },
    ),
    "codebuild": Small(
        "codebuild",
        codebuild_source,
        codebuild_projects,
        100,
        {"codebuild:ListProjects": 1, "codebuild:BatchGetProjects": 1},
    ),
}


@pytest.fixture(params=SMALL.values(), ids=list(SMALL))
def small(request: pytest.FixtureRequest) -> Small:
    assert isinstance(request.param, Small)
    return request.param


def test_every_call_is_made(aws: StandIn, small: Small) -> None:
    small.fill(aws, 2)
    look(small.open(open_aws_api()))
    assert aws.world.calls.counts() == small.calls


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_every_failure_of_every_call_is_told(aws: StandIn, small: Small, fail: Fail) -> None:
    small.fill(aws, 2)
    every_failure_is_told(aws, small.open, fail)


@pytest.mark.parametrize(("name", "failure"), matrix(SMALL, SECOND_PAGE, meet=1))
def test_cut_in_the_middle_of_paging(aws: StandIn, name: str, failure: str) -> None:
    """Or at the second call of those that have no pages."""
    small = SMALL[name]
    small.fill(aws, small.page + 1)
    calls = [call for call in small.calls if call != "sagemaker:DescribeModelPackage"]
    every_failure_is_told(aws, small.open, SECOND_PAGE[failure], calls)


def test_timed_out(aws: StandIn, small: Small) -> None:
    small.fill(aws, 2)
    every_time_out_is_told(aws, small.open)


def test_throttled_and_then_well(
    aws: StandIn, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.fill(aws, 2)
    every_throttling_is_survived(aws, small.open, monkeypatch)


PARTS: Mapping[str, tuple[Open, Callable[[Any], Any]]] = {
    "apprunner:ListServices": (app_runner_source, lambda part: {"ServiceSummaryList": [part]}),
    "apprunner:DescribeService": (app_runner_source, lambda part: {"Service": part}),
    "apprunner:DescribeService source": (
        app_runner_source,
        lambda part: {
            "Service": {"Status": "RUNNING", "ServiceName": "s", "SourceConfiguration": part}
        },
    ),
    "batch:DescribeJobDefinitions": (batch_source, lambda part: {"jobDefinitions": [part]}),
    "batch:DescribeJobDefinitions container": (
        batch_source,
        lambda part: {
            "jobDefinitions": [
                {"jobDefinitionName": "j", "revision": 1, "containerProperties": part}
            ]
        },
    ),
    "codebuild:BatchGetProjects": (codebuild_source, lambda part: {"projects": [part]}),
    "codebuild:BatchGetProjects environment": (
        codebuild_source,
        lambda part: {"projects": [{"name": f"project-{n}", "environment": part} for n in (0, 1)]},
    ),
    "sagemaker:ListEndpoints": (sagemaker_source, lambda part: {"Endpoints": [part]}),
    "sagemaker:DescribeEndpoint": (
        sagemaker_source,
        lambda part: {"EndpointStatus": "InService", "ProductionVariants": [part]},
    ),
    "sagemaker:DescribeEndpoint image": (
        sagemaker_source,
        lambda part: {
            "EndpointStatus": "Creating",
            "ProductionVariants": [{"VariantName": "v", "DeployedImages": [part]}],
        },
    ),
    "sagemaker:ListInferenceComponents": (
        sagemaker_source,
        lambda part: {"InferenceComponents": [part]},
    ),
    "sagemaker:DescribeInferenceComponent": (
        sagemaker_source,
        lambda part: {"Specification": part},
    ),
    "sagemaker:DescribeInferenceComponent of several": (
        sagemaker_source,
        lambda part: {"Specifications": [part]},
    ),
    "sagemaker:ListModels": (sagemaker_source, lambda part: {"Models": [part]}),
    "sagemaker:DescribeModel": (sagemaker_source, lambda part: {"PrimaryContainer": part}),
    "sagemaker:DescribeModel pipeline": (sagemaker_source, lambda part: {"Containers": [part]}),
    "sagemaker:DescribeModelPackage": (
        sagemaker_source,
        lambda part: {"InferenceSpecification": part},
    ),
    "sagemaker:DescribeModelPackage container": (
        sagemaker_source,
        lambda part: {"InferenceSpecification": {"Containers": [part]}},
    ),
}


@pytest.mark.parametrize("part", [{}, 7, "text", [], None], ids=repr)
def test_parts_of_a_wrong_form(aws: StandIn, small: Small, part: Any) -> None:
    small.fill(aws, 2)
    answers = [
        (where.partition(" ")[0], answer(part))
        for where, (open_source, answer) in PARTS.items()
        if open_source is small.open
    ]
    nothing_is_left_out_silently(aws, small.open, answers)


@pytest.mark.parametrize("name", [{}, 7, [], None], ids=repr)
def test_names_of_a_wrong_form(aws: StandIn, name: Any) -> None:
    answers = [("codebuild:ListProjects", {"projects": [name]})]
    nothing_is_left_out_silently(aws, codebuild_source, answers)


def test_there_is_nothing_where_aws_does_not_offer_the_service(
    aws: StandIn, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_host(monkeypatch, small.service)
    assert look(small.open(open_aws_api(region=UNLISTED))) == set()
    assert aws.world.calls.counts() == {}


def test_where_aws_offers_the_service_its_host_must_be_found(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_host(monkeypatch, small.service)
    with pytest.raises(ServiceError, match="check the network"):
        look(small.open(open_aws_api()))
