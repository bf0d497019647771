"""The company beyond its first account: the branch, the cluster, and the people."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lightkube import Client, KubeConfig
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.batch_v1 import CronJob

from bot.playground.aws import StandIn
from bot.playground.kubernetes import Cluster
from bot.playground.seed import BRANCH, seed_company
from bot.playground.seed_kubernetes import run_payments
from bot.playground.seed_people import Cast, seed_people
from bot.playground.seed_stories import BRANCHS_STORIES
from bot.playground.seed_usage import BRANCHS_ROLE, PARTNER
from bot.playground.slack import Workspace
from tests.playground.aws.helpers import NOW

MANIFEST = Path(__file__).parent.parent.parent / "manifest.yml"


@pytest.fixture
def aws() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        stand_in.world.clock.set(NOW)
        seed_company(stand_in.url, NOW)
        yield stand_in


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(MANIFEST) as workspace:
        yield workspace


@pytest.fixture
def cast(slack: Workspace) -> Cast:
    return seed_people(slack.remote, NOW)


def test_the_branch_has_a_registry_of_its_own(aws: StandIn) -> None:
    for name in BRANCHS_STORIES:
        assert len(aws.world.repository(name, account=BRANCH).manifests) > 30
    role = aws.world.identities.role(BRANCHS_ROLE)
    assert role
    assert role.trusts == ("123456789012",)


def test_the_branch_runs_what_is_old(aws: StandIn) -> None:
    tasks = aws.world.ecs(BRANCH).cluster("ml").tasks.values()
    images = {container.image for task in tasks for container in task.definition.containers}
    assert {image.partition("/")[2] for image in images} == {
        "ml/recommender:train-58",
        "shop/api:1.8.0",
    }


@pytest.mark.parametrize(("name", "puller"), [("shop/api", BRANCH), ("partner/feeds", PARTNER)])
def test_others_may_pull(aws: StandIn, name: str, puller: str) -> None:
    policy = aws.world.repository(name).policy
    assert policy
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{puller}:root"}


def test_a_build_that_was_promoted_has_several_tags(aws: StandIn) -> None:
    payments = aws.world.repository("shop/payments")
    released = aws.world.manifest(payments, "production").tags
    assert {"production", "3.16.0"} <= set(released)
    assert any(tag.startswith("git-") for tag in released)


def test_the_cluster_runs_payments(aws: StandIn) -> None:
    with Cluster("prod") as cluster:
        cluster.allow_everything()
        run_payments(aws.url, cluster.address)
        with Client(KubeConfig.from_dict(cluster.kubeconfig())) as kube:
            sets: list[Any] = list(kube.list(ReplicaSet, namespace="payments"))
            jobs: list[Any] = list(kube.list(CronJob, namespace="payments"))
    found = [
        (each.metadata.name.partition("-")[0], each.spec.replicas, _tag(each)) for each in sets
    ]
    assert sorted(found) == [
        ("payments", 0, "3.11.0"),
        ("payments", 0, "3.12.0"),
        ("payments", 3, "3.14.0"),
        ("refunds", 0, "3.6.0"),
    ]
    assert [_tag(each.spec.jobTemplate) for each in jobs] == ["3.3.0"]


def test_people_talk_where_they_are(slack: Workspace, cast: Cast) -> None:
    shop = cast.tom.messages(cast.shop)
    assert [message["user"] for message in shop] == [cast.tom.id]
    assert float(shop[0]["ts"]) < (NOW - timedelta(minutes=29)).timestamp()
    assert slack.directory.users[cast.jo.id].is_guest
    assert set(slack.directory.user_groups[cast.approvers].users) == {cast.mia.id, cast.ravi.id}
    with pytest.raises(LookupError):
        cast.jo.messages(cast.payments)
    assert slack.remote.warnings() == []


def _tag(workload: Any) -> str:
    (container,) = workload.spec.template.spec.containers
    repository, _, tag = str(container.image).partition(":")
    assert repository.endswith("/shop/payments")
    return tag
