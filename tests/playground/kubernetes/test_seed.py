"""Another process fills clusters and registers them in EKS."""

import json
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from lightkube import ApiError, Client, KubeConfig
from lightkube.resources.apps_v1 import (
    ControllerRevision,
    DaemonSet,
    Deployment,
    ReplicaSet,
    StatefulSet,
)
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Pod

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient
from bot.playground.kubernetes import DEFAULT_TOKEN, Cluster, ClusterAddress
from bot.playground.kubernetes.builders import Container
from bot.playground.seed import seed_repository
from bot.playground.seed_kubernetes import (
    PODS_PER_TEAM,
    WORKLOADS_PER_TEAM,
    register_cluster_in_eks,
    seed_cluster,
    tagged_containers,
)

from .conftest import Connect
from .helpers import IMAGE_ID, NOW, PODS, REPO, page, refusal
from .test_access import role, rule
from .test_users import eks_token

TEAMS = 9


@pytest.fixture
def aws() -> Iterator[AwsStandIn]:
    with AwsStandIn() as stand_in:
        seed_repository(stand_in.url, "team/api", 60, now=NOW)
        yield stand_in


@pytest.fixture
def filled(aws: AwsStandIn, cluster: Cluster) -> Cluster:
    seed_cluster(cluster.address, tagged_containers(aws.url, ["team/api"]), TEAMS)
    return cluster


def listed(kube: Client, kind: Any) -> list[Any]:
    return list(kube.list(kind, namespace="*", chunk_size=500))


@pytest.mark.usefixtures("filled")
def test_teams_are_all_alike(kube: Client) -> None:
    kinds = (Deployment, StatefulSet, DaemonSet, CronJob, Job)
    found = [each for kind in kinds for each in listed(kube, kind)]
    workloads = [each.metadata.namespace for each in found if not each.metadata.ownerReferences]
    pods = [each.metadata.namespace for each in listed(kube, Pod)]

    assert set(Counter(workloads).values()) == {WORKLOADS_PER_TEAM}
    assert set(Counter(pods).values()) == {PODS_PER_TEAM}
    assert len(set(workloads)) == TEAMS


@pytest.mark.usefixtures("filled")
def test_pods_run_what_the_registry_has(kube: Client, aws: AwsStandIn) -> None:
    repository = aws.world.repository("team/api")
    by_tag = {f"{repository.uri}:{tag}": each for tag, each in repository.digest_by_tag.items()}
    statuses = [each.status.containerStatuses[0] for each in listed(kube, Pod)]

    assert all(each.imageID == f"{repository.uri}@{by_tag[each.image]}" for each in statuses)
    assert len({each.image for each in statuses}) > 10


@pytest.mark.usefixtures("filled")
def test_workloads_can_be_rolled_back(kube: Client) -> None:
    idle = [each for each in listed(kube, ReplicaSet) if not each.spec.replicas]
    revisions = Counter(each.metadata.name.rpartition("-")[0] for each in idle)
    assert revisions["web"] == 3 * TEAMS
    assert len(listed(kube, ControllerRevision)) == 5 * TEAMS


def test_eks_describes_a_cluster(aws: AwsStandIn, closed: Cluster, connect: Connect) -> None:
    closed.clock.follow_real_time()
    seed_cluster(closed.address, tagged_containers(aws.url, ["team/api"]), 1)
    register_cluster_in_eks(aws.url, closed.address, role(rule("", "pods")))
    eks = boto3.client(
        "eks",
        endpoint_url=aws.url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    described = eks.describe_cluster(name=closed.name)["cluster"]
    eks.close()

    assert described["endpoint"] == closed.url
    assert described["certificateAuthority"]["data"] == closed.certificate_authority
    call = f"{aws.url}/?Action=GetCallerIdentity&Version=2011-06-15"
    for token in (eks_token(url=call, key="test"), DEFAULT_TOKEN):
        api = connect(token)
        assert len(page(api)["items"]) == PODS_PER_TEAM
        assert refusal(api.get("/api/v1/secrets"))[0] == 403


def test_a_cluster_in_its_own_process() -> None:
    command = [sys.executable, "-m", "bot.playground.kubernetes", "--name", "north"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        north = ClusterAddress(**json.loads(process.stdout.readline()))
        try:
            seed_cluster(north, [Container(f"{REPO}:1", IMAGE_ID)], 1)
            config = KubeConfig.from_dict(north.kubeconfig(DEFAULT_TOKEN))
            with Client(config) as kube, pytest.raises(ApiError, match="pods is forbidden"):
                listed(kube, Pod)
            assert north.control.send("GET", "/calls", {})["counts"] == {f"GET {PODS}": 1}
            with pytest.raises(ssl.SSLCertVerificationError):
                ControlClient(north.url).send("GET", "/calls", {})
        finally:
            process.terminate()
    assert north.name == "north"
