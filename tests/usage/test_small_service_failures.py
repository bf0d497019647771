"""App Runner, Batch, SageMaker and CodeBuild: every call fails in every way. The source raises an
error, or its result is complete."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from bot.core.errors import ServiceError
from bot.playground.aws import AwsStandIn
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
    check_every_failure,
    check_every_timeout,
    check_incomplete_answers,
    check_throttling_is_retried,
    digest,
    image,
    lose_host,
    open_aws_api,
    scan_source,
)

pytestmark = pytest.mark.usefixtures("environment")


class SmallService(NamedTuple):
    """`fill`: creates this number of workloads of every kind. `calls`: the calls for two
    workloads."""

    service: str
    open: Open
    fill: Callable[[AwsStandIn, int], None]
    page: int
    calls: Mapping[str, int]


def app_runner_services(aws: AwsStandIn, count: int) -> None:
    for n in range(count):
        aws.world.apprunner().create(f"service-{n}", image("s", str(n)))


def batch_definitions(aws: AwsStandIn, count: int) -> None:
    for n in range(count):
        aws.world.batch().register(f"job-{n}", image("j", str(n)))


def codebuild_projects(aws: AwsStandIn, count: int) -> None:
    for n in range(count):
        aws.world.codebuild().create(f"project-{n}", image("p", str(n)))


def sagemaker_resources(aws: AwsStandIn, count: int) -> None:
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


SMALL_SERVICES = {
    "app_runner": SmallService(
        "apprunner",
        app_runner_source,
        app_runner_services,
        20,
        {"apprunner:ListServices": 1, "apprunner:DescribeService": 2},
    ),
    "batch": SmallService(
        "batch", batch_source, batch_definitions, 100, {"batch:DescribeJobDefinitions": 1}
    ),
    "sagemaker": SmallService(
        "sagemaker",
        sagemaker_source,
        sagemaker_resources,
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
    "codebuild": SmallService(
        "codebuild",
        codebuild_source,
        codebuild_projects,
        100,
        {"codebuild:ListProjects": 1, "codebuild:BatchGetProjects": 1},
    ),
}


@pytest.fixture(params=SMALL_SERVICES.values(), ids=list(SMALL_SERVICES))
def small(request: pytest.FixtureRequest) -> SmallService:
    assert isinstance(request.param, SmallService)
    return request.param


def test_every_call_is_made(aws: AwsStandIn, small: SmallService) -> None:
    small.fill(aws, 2)
    scan_source(small.open(open_aws_api()))
    assert aws.world.calls.counts() == small.calls


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_every_failure_of_every_call_is_an_error(
    aws: AwsStandIn, small: SmallService, fail: Fail
) -> None:
    small.fill(aws, 2)
    check_every_failure(aws, small.open, fail)


@pytest.mark.parametrize(("name", "failure"), matrix(SMALL_SERVICES, SECOND_PAGE, meet=1))
def test_failures_on_the_second_page(aws: AwsStandIn, name: str, failure: str) -> None:
    """For calls without pages, the second call fails."""
    small = SMALL_SERVICES[name]
    small.fill(aws, small.page + 1)
    calls = [call for call in small.calls if call != "sagemaker:DescribeModelPackage"]
    check_every_failure(aws, small.open, SECOND_PAGE[failure], calls)


def test_timed_out(aws: AwsStandIn, small: SmallService) -> None:
    small.fill(aws, 2)
    check_every_timeout(aws, small.open)


def test_throttled_calls_are_retried(
    aws: AwsStandIn, small: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.fill(aws, 2)
    check_throttling_is_retried(aws, small.open, monkeypatch)


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
def test_malformed_parts(aws: AwsStandIn, small: SmallService, part: Any) -> None:
    small.fill(aws, 2)
    answers = [
        (where.partition(" ")[0], answer(part))
        for where, (open_source, answer) in PARTS.items()
        if open_source is small.open
    ]
    check_incomplete_answers(aws, small.open, answers)


@pytest.mark.parametrize("name", [{}, 7, [], None], ids=repr)
def test_malformed_names(aws: AwsStandIn, name: Any) -> None:
    answers = [("codebuild:ListProjects", {"projects": [name]})]
    check_incomplete_answers(aws, codebuild_source, answers)


def test_no_workloads_if_aws_does_not_offer_the_service(
    aws: AwsStandIn, small: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_host(monkeypatch, small.service)
    assert scan_source(small.open(open_aws_api(region=UNLISTED))) == set()
    assert aws.world.calls.counts() == {}


def test_an_unknown_host_is_an_error_if_aws_offers_the_service(
    small: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_host(monkeypatch, small.service)
    with pytest.raises(ServiceError, match="check the network"):
        scan_source(small.open(open_aws_api()))
