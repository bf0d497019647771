"""A cluster next to the simulated AWS, a workload of every source, and plans that can start
immediately."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.kubernetes import Cluster
from bot.playground.slack import SimulatedUser, Workspace
from tests.cli.plan_execution import AT_ONCE, BUILDS
from tests.cli.stored_plans import Write
from tests.slack.running_bot import MANIFEST
from tests.slack.support import in_workspace
from tests.support import Run, Shelf
from tests.usage.aws_support import digest

USER, GROUP = "arn:aws:iam::123456789012:user/demo", "cleaners"


@pytest.fixture(autouse=True)
def few_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account has few Regions. Each other Region is asked for workloads, by its own clients."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION, "us-east-1"))


@pytest.fixture
def cluster(environment: Path) -> Iterator[Cluster]:
    """A cluster that grants nothing. `kubeconfig` is its kubeconfig."""
    with Cluster("prod") as running:
        (environment / "kubeconfig").write_text(json.dumps(running.kubeconfig()))
        yield running


@pytest.fixture
def eks(aws: AwsStandIn, cluster: Cluster) -> Cluster:
    """The cluster is also the EKS cluster `prod`, with an access entry that puts the caller into a
    group."""
    aws.world.eks().create(
        "prod", endpoint=cluster.url, certificate_authority=cluster.certificate_authority
    )
    cluster.trust_sts(aws.url)
    cluster.add_access_entry(DEFAULT_KEY, USER, [GROUP])
    return cluster


@pytest.fixture
def granted(eks: Cluster, run: Run) -> Cluster:
    """The group is bound to the ClusterRole that `iam-policy --kubernetes` prints."""
    eks.grant_role(GROUP, json.loads(run("iam-policy", "--kubernetes").out))
    return eks


class UseEverywhere(Protocol):
    def __call__(self, image: str, *, account: str = ..., region: str = ...) -> None: ...


@pytest.fixture
def use_everywhere(aws: AwsStandIn) -> UseEverywhere:
    """Uses an image in an ECS daemon, App Runner, Batch, CodeBuild and SageMaker, so that the scan
    makes every call of every source."""

    def use(image: str, *, account: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> None:
        world = aws.world
        world.ecs(account, region).deploy_daemon("prod", "agent", [image])
        for _ in range(101):
            world.ecs(account, region).register("web", [image])
        world.apprunner(account, region).create("shop-web", image)
        world.batch(account, region).register("nightly", image)
        world.codebuild(account, region).create("build", image)
        sagemaker = world.sagemaker(account, region)
        sagemaker.create_model("chat", [image])
        sagemaker.create_package("vendor", [image])
        sagemaker.create_model("bought", [], package="vendor")
        sagemaker.create_endpoint("live", {"all": [image]}, digests={image: digest(1)})
        sagemaker.create_component("base", "live", [{"model": "chat"}])

    return use


@pytest.fixture
def at_once(releases: Shelf, settings_file: Write) -> Shelf:
    """`releases` without an undo window."""
    settings_file(AT_ONCE)
    return releases


@pytest.fixture
def builds(shelf: Shelf, settings_file: Write, own_database: Path) -> Shelf:
    """`team/api` without an undo window, with 450 images to delete and 10 to keep."""
    del own_database
    settings_file(AT_ONCE)
    for number in range(BUILDS):
        shelf.image(f"1.{number}", age=100 - number / 100)
    shelf.images(10, "2.")
    return shelf


@pytest.fixture
def slack(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The environment of the command points to this workspace."""
    del run
    with in_workspace(MANIFEST, monkeypatch) as opened:
        yield opened


@pytest.fixture
def ann(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("ann")
