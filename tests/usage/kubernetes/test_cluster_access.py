"""Access to clusters by kubeconfig, service account and EKS; and unlisted EKS clusters."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.aws.aws_api import AwsApi
from bot.aws.eks import EksClusters
from bot.core.errors import ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.patterns import Patterns
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn
from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.kubernetes import DEFAULT_TOKEN, Cluster, Fault
from bot.playground.kubernetes.builders import deployment
from bot.usage.kubernetes.cluster_api import ClusterApi, Configure
from bot.usage.kubernetes.cluster_source import KubernetesSource
from bot.usage.kubernetes.kubeconfig import from_eks, from_service_account
from bot.usage.kubernetes.unlisted_clusters import (
    KnownEksClusters,
    UnlistedEksClustersCheck,
    find_cluster,
)
from tests.usage.aws_support import image, open_aws_api
from tests.usage.kubernetes.conftest import ClusterScan, config_from

ARN = f"arn:aws:eks:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:cluster/prod"
SECRET = "token-that-nobody-may-see"


def images(configure: Configure) -> set[str]:
    source = KubernetesSource(ClusterApi("prod", configure, 60), (), RegistryHosts({}))
    return {image_use.image for image_use in source.image_uses()}


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


HERE = {image("team/api")}


# by kubeconfig


def test_a_kubeconfig_and_its_contexts(scan: ClusterScan) -> None:
    assert images(config_from(scan.kubeconfig)) == HERE
    assert images(config_from(scan.kubeconfig, "prod")) == HERE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update({"current-context": "gone"}), "Context 'gone' not found"),
        (lambda c: c.pop("current-context"), "No current context set"),
        (lambda c: c.pop("clusters"), "'clusters'"),
        (lambda c: c.update(contexts=[]), "Context 'prod' not found"),
        (lambda c: c["contexts"][0]["context"].update(user="gone"), "'gone'"),
        (lambda c: c["contexts"][0]["context"].pop("user"), "names no user"),
        (lambda c: c["users"][0].update(user={"token": 1}), "is not a kubeconfig"),
        (lambda c: c["users"][0].update(user={"auth-provider": {"name": "gcp"}}), "not supported"),
        (lambda c: c["users"][0].update(user={"exec": {"apiVersion": "v9", "command": "x"}}), "v9"),
        (
            lambda c: c["users"][0].update(
                user={
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "no-such-command",
                    }
                }
            ),
            "no-such-command",
        ),
        (lambda c: c["clusters"][0]["cluster"].update({"proxy-url": "x"}), "`proxy-url` for prod"),
        (lambda c: c["users"][0]["user"].update({"as": "admin"}), "`as` for prod"),
        (lambda c: c["clusters"][0]["cluster"].update(server="https://\x01"), "InvalidURL"),
        (lambda c: c["clusters"][0]["cluster"].update(server="gopher://x"), "Unsupported"),
        (lambda c: c["clusters"][0]["cluster"].update({"certificate-authority-data": "!"}), "prod"),
    ],
)
def test_a_kubeconfig_that_is_wrong(
    scan: ClusterScan, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    content = json.loads(scan.kubeconfig.read_text())
    change(content)
    scan.kubeconfig.write_text(json.dumps(content))
    with pytest.raises(ServiceError) as raised:
        images(config_from(scan.kubeconfig))
    assert words in str(raised.value)
    assert "Kubernetes cluster prod" in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "a: [", f"token: {SECRET}\n  : {{", "3", f"users: [{SECRET}]\nclusters: 1"]
)
def test_a_file_that_is_not_a_kubeconfig(scan: ClusterScan, text: str) -> None:
    scan.kubeconfig.write_text(text)
    with pytest.raises(ServiceError) as raised:
        images(config_from(scan.kubeconfig))
    assert str(scan.kubeconfig) in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("token", [f"{DEFAULT_TOKEN}\n", f" {DEFAULT_TOKEN} "])
def test_white_space_around_a_token_is_ignored(scan: ClusterScan, token: str) -> None:
    content = json.loads(scan.kubeconfig.read_text())
    content["users"][0]["user"]["token"] = token
    scan.kubeconfig.write_text(json.dumps(content))
    assert images(config_from(scan.kubeconfig)) == HERE


def test_an_error_does_not_quote_an_invalid_token(scan: ClusterScan) -> None:
    content = json.loads(scan.kubeconfig.read_text())
    content["users"][0]["user"]["token"] = f"{SECRET}\n{SECRET}"
    scan.kubeconfig.write_text(json.dumps(content))
    with pytest.raises(ServiceError, match=r"prod in .*kubeconfig contains a line break") as raised:
        images(config_from(scan.kubeconfig))
    assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://user:hunter2@proxy:1", "the scheme socks5"),
        ("http://user:hunter2@[::1", "prod cannot"),
    ],
)
def test_a_proxy_that_cannot_be_used(
    scan: ClusterScan, monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ServiceError, match=words) as raised:
        images(config_from(scan.kubeconfig))
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("no_proxy", ["127.0.0.0/8", "10.0.0.0/8, 127.0.0.1/32", "127.0.0.1", "*"])
def test_hosts_that_need_no_proxy(
    scan: ClusterScan, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:1")
    with pytest.raises(ServiceError, match="did not answer"):
        images(config_from(scan.kubeconfig))
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert images(config_from(scan.kubeconfig)) == HERE


def test_an_error_does_not_quote_the_output_of_a_plugin(scan: ClusterScan) -> None:
    content = json.loads(scan.kubeconfig.read_text())
    command = {"command": "sh", "args": ["-c", f"echo {SECRET} >&2; exit 3"]}
    version = {"apiVersion": "client.authentication.k8s.io/v1beta1"}
    content["users"][0]["user"] = {"exec": version | command}
    scan.kubeconfig.write_text(json.dumps(content))
    with pytest.raises(
        ServiceError, match=r"sh of the kubeconfig exited with 3\): run it"
    ) as raised:
        images(config_from(scan.kubeconfig))
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_key_that_cannot_be_used_leaves_no_file_behind(
    scan: ClusterScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lightkube writes the key to a temporary file, which the error would keep open."""
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(files))
    content = json.loads(scan.kubeconfig.read_text())
    nonsense = {"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="}
    content["users"][0]["user"] = nonsense
    scan.kubeconfig.write_text(json.dumps(content))
    with pytest.raises(ServiceError, match="cannot be reached") as raised:
        images(config_from(scan.kubeconfig))
    assert not [*files.iterdir()], raised


def test_a_kubeconfig_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="nowhere cannot be read: No such file"):
        images(config_from(tmp_path / "nowhere"))


# by service account


@pytest.fixture
def account_folder(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "token").write_text(DEFAULT_TOKEN)
    (tmp_path / "namespace").write_text("default")
    (tmp_path / "ca.crt").write_text(cluster.ca_pem)
    host, port = cluster.url.removeprefix("https://").split(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    return tmp_path


def test_from_service_account(account_folder: Path) -> None:
    assert images(lambda _: from_service_account(account_folder)) == HERE


def test_a_token_that_was_renewed_is_read_again(cluster: Cluster, account_folder: Path) -> None:
    cluster.faults.add(Fault(path="*/pods", times=1, status=401))
    assert images(lambda _: from_service_account(account_folder)) == HERE


def test_outside_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ServiceError, match="does not run in a pod with a service account"):
        images(lambda _: from_service_account(tmp_path))


# EKS


@pytest.fixture
def aws_api(aws: AwsStandIn, environment: Path, cluster: Cluster) -> AwsApi:
    del environment
    aws.world.eks().create(
        "prod", endpoint=cluster.url, certificate_authority=cluster.certificate_authority
    )
    cluster.access.clear()
    cluster.add_access_entry(DEFAULT_KEY, "arn:of:us", ["ecr-clean"])
    cluster.allow_everything()
    cluster.trust_sts(aws.url)
    return open_aws_api()


@pytest.mark.parametrize("called", ["prod", ARN])
def test_an_eks_cluster_by_name(
    aws: AwsStandIn, aws_api: AwsApi, cluster: Cluster, called: str
) -> None:
    assert images(lambda _: from_eks(*find_cluster(called, [EksClusters(aws_api)]))) == HERE
    assert {call.user for call in cluster.calls} == {"arn:of:us"}
    assert aws.world.calls.counts() == {"eks:ListClusters": 1, "eks:DescribeCluster": 1}


def test_an_eks_token_that_expires_in_the_middle(
    aws: AwsStandIn, aws_api: AwsApi, cluster: Cluster
) -> None:
    cluster.faults.add(Fault(path="*/pods", times=1, status=401))
    eks = EksClusters(aws_api)
    assert images(lambda _: from_eks(*find_cluster("prod", [eks]))) == HERE
    assert aws.world.calls.count("eks:DescribeCluster") == 2


def test_no_access_entry(aws_api: AwsApi, cluster: Cluster) -> None:
    cluster.users._by_access_key.clear()
    with pytest.raises(ServiceError, match="on EKS give the IAM principal an access entry"):
        images(lambda _: from_eks(EksClusters(aws_api), "prod"))


def test_an_eks_cluster_that_is_being_created(aws: AwsStandIn, aws_api: AwsApi) -> None:
    aws.world.eks().create("new", status="CREATING")
    with pytest.raises(ServiceError, match=r"cluster new .CREATING"):
        images(lambda _: from_eks(EksClusters(aws_api), "new"))


def test_an_unknown_eks_cluster(aws_api: AwsApi) -> None:
    with pytest.raises(ServiceError, match="has an EKS cluster gone: check eks under"):
        images(lambda _: from_eks(*find_cluster("gone", [EksClusters(aws_api)])))


def test_an_eks_cluster_name_in_two_regions(aws: AwsStandIn, aws_api: AwsApi) -> None:
    aws.world.eks(region="us-east-1").create("prod")
    other = AwsApi(aws_api.session, DEFAULT_ACCOUNT, "us-east-1")
    with pytest.raises(ServiceError) as raised:
        find_cluster("prod", [EksClusters(aws_api), EksClusters(other)])
    assert ARN in str(raised.value)
    assert find_cluster(ARN, [EksClusters(other), EksClusters(aws_api)])[0].aws is aws_api


def test_missing_permission_to_list_eks_clusters(aws: AwsStandIn, aws_api: AwsApi) -> None:
    aws.world.deny("eks:ListClusters")
    with pytest.raises(ServiceError, match="refused eks:ListClusters"):
        unlisted(EksClusters(aws_api), listed="prod")


def test_missing_permission_to_describe_eks_clusters(aws: AwsStandIn, aws_api: AwsApi) -> None:
    aws.world.deny("eks:DescribeCluster")
    with pytest.raises(ServiceError, match="refused eks:DescribeCluster"):
        images(lambda _: from_eks(EksClusters(aws_api), "prod"))


# unlisted clusters


def unlisted(
    eks: EksClusters, *everywhere: EksClusters, listed: str = "", ignored: str = "nothing"
) -> None:
    is_arn = ignored.startswith("arn:")
    names, arns = ("nothing", ignored) if is_arn else (ignored, "nothing")
    known = KnownEksClusters(frozenset({listed}), Patterns.of(names), Patterns.of(arns))
    assert list(UnlistedEksClustersCheck(eks, [eks, *everywhere], known).image_uses()) == []


@pytest.mark.parametrize(
    "known",
    [{"listed": "prod"}, {"listed": ARN}, {"ignored": "pr*"}, {"ignored": ARN}, {"ignored": "*"}],
)
def test_clusters_that_are_known(aws_api: AwsApi, known: dict[str, str]) -> None:
    unlisted(EksClusters(aws_api), **known)


@pytest.mark.parametrize(
    "known",
    [{}, {"listed": "pro"}, {"ignored": "staging*"}, {"ignored": "*eu*"}, {"ignored": "arn:*:x"}],
)
def test_unlisted_clusters(aws_api: AwsApi, known: dict[str, str]) -> None:
    eks = EksClusters(aws_api)
    with pytest.raises(ServiceError) as raised:
        unlisted(eks, **known)
    assert "no source scans EKS clusters prod" in str(raised.value)
    assert "usage.kubernetes.ignore" in str(raised.value)


def test_a_name_only_counts_for_a_single_cluster(aws: AwsStandIn, aws_api: AwsApi) -> None:
    aws.world.eks(region="us-east-1").create("prod")
    here, there = (
        EksClusters(aws_api),
        EksClusters(AwsApi(aws_api.session, DEFAULT_ACCOUNT, "us-east-1")),
    )
    with pytest.raises(ServiceError, match="no source scans"):
        unlisted(here, there, listed="prod")
    unlisted(here, there, listed=ARN)
    with pytest.raises(ServiceError, match="no source scans"):
        unlisted(there, here, listed=ARN)


def test_a_hundred_and_one_clusters(aws: AwsStandIn, aws_api: AwsApi) -> None:
    for number in range(101):
        aws.world.eks().create(f"c{number}")
    unlisted(EksClusters(aws_api), listed="prod", ignored="c*")
    with pytest.raises(ServiceError, match="and 98 more"):
        unlisted(EksClusters(aws_api), listed="prod")
    assert aws.world.calls.count("eks:ListClusters") == 4
