"""The example company's second account, cluster, users and channels."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lightkube import Client, KubeConfig
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.batch_v1 import CronJob

from bot.playground.aws import AwsStandIn
from bot.playground.kubernetes import Cluster
from bot.playground.seed import SECOND_ACCOUNT, seed_company
from bot.playground.seed_kubernetes import seed_company_cluster
from bot.playground.seed_repositories import SECOND_ACCOUNT_REPOSITORIES
from bot.playground.seed_slack import UsersAndChannels, seed_users_and_channels
from bot.playground.seed_usage import PARTNER, SECOND_ACCOUNT_ROLE
from bot.playground.slack import Workspace
from tests.playground.aws.helpers import NOW

MANIFEST = Path(__file__).parent.parent.parent / "manifest.yml"


@pytest.fixture
def aws() -> Iterator[AwsStandIn]:
    with AwsStandIn() as stand_in:
        stand_in.world.clock.set(NOW)
        seed_company(stand_in.url, NOW)
        yield stand_in


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(MANIFEST) as workspace:
        yield workspace


@pytest.fixture
def company(slack: Workspace) -> UsersAndChannels:
    return seed_users_and_channels(slack.remote, NOW)


def test_the_second_account_has_a_registry(aws: AwsStandIn) -> None:
    for name in SECOND_ACCOUNT_REPOSITORIES:
        assert len(aws.world.repository(name, account=SECOND_ACCOUNT).manifests) > 30
    role = aws.world.identities.role(SECOND_ACCOUNT_ROLE)
    assert role
    assert role.trusts == ("123456789012",)


def test_the_second_account_uses_old_images(aws: AwsStandIn) -> None:
    tasks = aws.world.ecs(SECOND_ACCOUNT).cluster("ml").tasks.values()
    images = {container.image for task in tasks for container in task.definition.containers}
    assert {image.partition("/")[2] for image in images} == {
        "ml/recommender:train-58",
        "shop/api:1.8.0",
    }


@pytest.mark.parametrize(
    ("name", "puller"), [("shop/api", SECOND_ACCOUNT), ("partner/feeds", PARTNER)]
)
def test_repository_policies_allow_other_accounts_to_pull(
    aws: AwsStandIn, name: str, puller: str
) -> None:
    policy = aws.world.repository(name).policy
    assert policy
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{puller}:root"}


def test_a_promoted_build_has_several_tags(aws: AwsStandIn) -> None:
    payments = aws.world.repository("shop/payments")
    released = aws.world.manifest(payments, "production").tags
    assert {"production", "3.16.0"} <= set(released)
    assert any(tag.startswith("git-") for tag in released)


def test_the_cluster_runs_payments(aws: AwsStandIn) -> None:
    with Cluster("prod") as cluster:
        cluster.allow_everything()
        seed_company_cluster(aws.url, cluster.address)
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


def test_users_write_in_their_channels(slack: Workspace, company: UsersAndChannels) -> None:
    shop = company.tom.messages(company.shop)
    assert [message["user"] for message in shop] == [company.tom.id]
    assert float(shop[0]["ts"]) < (NOW - timedelta(minutes=29)).timestamp()
    assert slack.directory.users[company.jo.id].is_guest
    assert set(slack.directory.user_groups[company.approvers].users) == {
        company.mia.id,
        company.ravi.id,
    }
    with pytest.raises(LookupError):
        company.jo.messages(company.payments)
    assert slack.remote.warnings() == []


def _tag(workload: Any) -> str:
    (container,) = workload.spec.template.spec.containers
    repository, _, tag = str(container.image).partition(":")
    assert repository.endswith("/shop/payments")
    return tag
