"""ECS managed daemons, running or not: deployed revisions, rollback targets, and the newest
revisions of every family of daemon task definitions."""

from typing import Any

import pytest

from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.ecs.state import EcsState
from bot.usage.ecs import EcsSource
from tests.support import Shelf
from tests.usage.aws_support import image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

NEWEST = "ECS daemon task definition agent:{} (newest revision)"
DAEMON = "ECS daemon prod/agent"


@pytest.fixture
def ecs(aws: AwsStandIn) -> EcsState:
    return aws.world.ecs()


def image_uses(revisions: int = 1) -> set[ImageUse]:
    return scan_source(EcsSource(open_aws_api(), revisions))


def agent(tag: str) -> str:
    return image("team/api", tag)


def test_a_definition_that_no_daemon_runs(ecs: EcsState) -> None:
    ecs.register_daemon("agent", [agent("1"), agent("proxy")])
    assert image_uses() == {
        ImageUse(agent("1"), NEWEST.format(1)),
        ImageUse(agent("proxy"), NEWEST.format(1)),
    }


def test_the_newest_active_revisions(ecs: EcsState) -> None:
    """Sorted by number and not as text: revision 10 is newer than 9."""
    for n in range(1, 13):
        ecs.register_daemon("agent", [agent(str(n))])
    ecs.register_daemon("agent-report", [agent("report")])
    ecs.delete_daemon_definition("agent:12")
    assert {each.image for each in image_uses(1)} == {agent("11"), agent("report")}
    assert {each.image for each in image_uses(3)} == {
        agent("11"),
        agent("10"),
        agent("9"),
        agent("report"),
    }


def test_a_daemon_without_instances_has_its_digest_after_the_tag_moved(
    ecs: EcsState, shelf: Shelf
) -> None:
    deployed = shelf.image("first", "1")
    ecs.deploy_daemon("prod", "agent", [agent("1")])
    shelf.image("second", "1")
    assert image_uses() == {
        ImageUse(agent("1"), DAEMON, deployed),
        ImageUse(agent("1"), NEWEST.format(1)),
    }


def test_an_old_deployment_whose_definition_is_being_deleted(ecs: EcsState) -> None:
    ecs.deploy_daemon("prod", "agent", [agent("1")])
    ecs.register_daemon("agent", [agent("2")])
    ecs.delete_daemon_definition("agent:1")
    assert image_uses() == {
        ImageUse(agent("1"), DAEMON),
        ImageUse(agent("2"), NEWEST.format(2)),
    }


@pytest.mark.parametrize(
    ("outcome", "to_roll_back_to"),
    [
        ("PENDING", False),
        ("IN_PROGRESS", False),
        ("ROLLBACK_SUCCESSFUL", False),
        ("SUCCESSFUL", True),
    ],
)
def test_source_and_target_of_a_deployment(
    ecs: EcsState, outcome: Any, *, to_roll_back_to: bool
) -> None:
    ecs.deploy_daemon("prod", "agent", [agent("1")])
    ecs.deploy_daemon("prod", "agent", [agent("2")], outcome=outcome)
    before = f"{DAEMON} (to roll back to)" if to_roll_back_to else DAEMON
    assert image_uses() == {
        ImageUse(agent("1"), before),
        ImageUse(agent("2"), DAEMON),
        ImageUse(agent("2"), NEWEST.format(2)),
    }


def test_a_revision_that_names_no_images_is_looked_up_in_its_definition(
    aws: AwsStandIn, ecs: EcsState
) -> None:
    revision = ecs.deploy_daemon("prod", "agent", [agent("1")]).target
    ecs.register_daemon("agent", [agent("2")])
    revision_answer = {
        "daemonRevisionArn": revision.arn,
        "daemonTaskDefinitionArn": revision.definition.arn,
    }
    aws.world.faults.add(
        Fault(operation="DescribeDaemonRevisions", answer={"daemonRevisions": [revision_answer]})
    )
    assert ImageUse(agent("1"), DAEMON) in image_uses()


def test_a_daemons_task_whose_container_names_no_image(aws: AwsStandIn, ecs: EcsState) -> None:
    """Tasks of daemons name daemon task definitions."""
    task = ecs.run_task("prod", "api", [image("api")])
    definition = ecs.register_daemon("agent", [agent("1")])
    ecs.register_daemon("agent", [agent("2")])
    entry = {
        "taskArn": task.arn,
        "taskDefinitionArn": definition.arn,
        "clusterArn": task.cluster_arn,
        "desiredStatus": "RUNNING",
        "lastStatus": "RUNNING",
        "containers": [{"name": "agent"}],
    }
    aws.world.faults.add(Fault(operation="DescribeTasks", answer={"tasks": [entry]}))
    assert ImageUse(agent("1"), "ECS task agent:1 on prod") in image_uses()


def test_a_daemon_deleted_after_it_was_listed(aws: AwsStandIn, ecs: EcsState) -> None:
    ecs.deploy_daemon("prod", "agent", [agent("1")])
    aws.world.faults.add(Fault(operation="DescribeDaemon", error="DaemonNotFoundException"))
    assert image_uses() == {ImageUse(agent("1"), NEWEST.format(1))}


def test_a_region_that_does_not_offer_daemons(aws: AwsStandIn, ecs: EcsState) -> None:
    ecs.cluster("prod")
    aws.world.faults.add(Fault(operation="ListDaemons", error="UnsupportedFeatureException"))
    assert image_uses() == set()
