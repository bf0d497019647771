"""App Runner: the images of all services that run or can be resumed."""

import pytest

from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.apprunner.state import AppRunnerState
from bot.usage.app_runner import app_runner_source
from tests.usage.aws_support import PLACE, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

API = image("team/api")


@pytest.fixture
def app_runner(aws: AwsStandIn) -> AppRunnerState:
    return aws.world.apprunner()


def image_uses() -> set[ImageUse]:
    return scan_source(app_runner_source(open_aws_api()))


def test_name_and_scope_of_the_source() -> None:
    source = app_runner_source(open_aws_api())
    assert (source.name, source.scope) == ("app_runner", PLACE)


def test_no_workloads(aws: AwsStandIn) -> None:
    assert image_uses() == set()
    assert aws.world.calls.counts() == {"apprunner:ListServices": 1}


def test_images_by_tag_and_by_digest(app_runner: AppRunnerState) -> None:
    pinned = f"{image('team/web')}@{digest(1)}"
    app_runner.create("shop", API)
    app_runner.create("docs", pinned)
    assert image_uses() == {
        ImageUse(API, "App Runner service shop"),
        ImageUse(pinned, "App Runner service docs"),
    }


@pytest.mark.parametrize(
    "status", ["RUNNING", "PAUSED", "OPERATION_IN_PROGRESS", "CREATE_FAILED", "DELETE_FAILED"]
)
def test_services_of_all_other_statuses_count(app_runner: AppRunnerState, status: str) -> None:
    app_runner.create("shop", API, status=status)
    assert image_uses() == {ImageUse(API, "App Runner service shop")}


def test_a_deleted_service_does_not_count(app_runner: AppRunnerState) -> None:
    app_runner.create("shop", API, status="DELETED")
    assert image_uses() == set()


def test_a_service_from_code_has_no_image(app_runner: AppRunnerState) -> None:
    app_runner.create("site")
    assert image_uses() == set()


def test_a_resource_deleted_after_it_was_listed(
    aws: AwsStandIn, app_runner: AppRunnerState
) -> None:
    app_runner.create("shop", API)
    gone = Fault(operation="DescribeService", error="ResourceNotFoundException")
    aws.world.faults.add(gone)
    assert image_uses() == set()


def test_more_than_one_page(aws: AwsStandIn, app_runner: AppRunnerState) -> None:
    for n in range(41):
        app_runner.create(f"service-{n}", image("s", str(n)))
    assert image_uses() == {
        ImageUse(image("s", str(n)), f"App Runner service service-{n}") for n in range(41)
    }
    assert aws.world.calls.counts() == {
        "apprunner:ListServices": 3,
        "apprunner:DescribeService": 41,
    }
