"""App Runner: the image of every service that runs, or could again."""

import pytest

from bot.core.usage import Sighting
from bot.playground.aws import Fault, StandIn
from bot.playground.aws.apprunner.state import AppRunnerState
from bot.usage.app_runner import app_runner_source
from tests.usage.aws_support import PLACE, digest, image, look, open_aws_api

pytestmark = pytest.mark.usefixtures("environment")

API = image("team/api")


@pytest.fixture
def app_runner(aws: StandIn) -> AppRunnerState:
    return aws.world.apprunner()


def sightings() -> set[Sighting]:
    return look(app_runner_source(open_aws_api()))


def test_the_source_says_what_it_is_and_where() -> None:
    source = app_runner_source(open_aws_api())
    assert (source.name, source.scope) == ("app_runner", PLACE)


def test_nothing_is_there(aws: StandIn) -> None:
    assert sightings() == set()
    assert aws.world.calls.counts() == {"apprunner:ListServices": 1}


def test_images_by_tag_and_by_digest(app_runner: AppRunnerState) -> None:
    pinned = f"{image('team/web')}@{digest(1)}"
    app_runner.create("shop", API)
    app_runner.create("docs", pinned)
    assert sightings() == {
        Sighting(API, "App Runner service shop"),
        Sighting(pinned, "App Runner service docs"),
    }


@pytest.mark.parametrize(
    "status", ["RUNNING", "PAUSED", "OPERATION_IN_PROGRESS", "CREATE_FAILED", "DELETE_FAILED"]
)
def test_whatever_is_not_deleted_counts(app_runner: AppRunnerState, status: str) -> None:
    app_runner.create("shop", API, status=status)
    assert sightings() == {Sighting(API, "App Runner service shop")}


def test_a_deleted_service_does_not(app_runner: AppRunnerState) -> None:
    app_runner.create("shop", API, status="DELETED")
    assert sightings() == set()


def test_a_service_from_code_has_no_image(app_runner: AppRunnerState) -> None:
    app_runner.create("site")
    assert sightings() == set()


def test_what_was_deleted_since_it_was_listed(aws: StandIn, app_runner: AppRunnerState) -> None:
    app_runner.create("shop", API)
    gone = Fault(operation="DescribeService", error="ResourceNotFoundException")
    aws.world.faults.add(gone)
    assert sightings() == set()


def test_more_than_one_page(aws: StandIn, app_runner: AppRunnerState) -> None:
    for n in range(41):
        app_runner.create(f"service-{n}", image("s", str(n)))
    assert sightings() == {
        Sighting(image("s", str(n)), f"App Runner service service-{n}") for n in range(41)
    }
    assert aws.world.calls.counts() == {
        "apprunner:ListServices": 3,
        "apprunner:DescribeService": 41,
    }
