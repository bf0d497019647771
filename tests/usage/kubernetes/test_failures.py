"""Every call fails in every way, one at a time: the error names the cluster and the request."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.playground.kubernetes import DEFAULT_USER, Cluster, Fault, Grant
from bot.playground.kubernetes.builders import deployment, pod
from bot.usage.kubernetes.cluster_api import PAGE
from bot.usage.kubernetes.cluster_source import CustomResource, cluster_role
from bot.usage.kubernetes.http_transport import ATTEMPTS
from bot.usage.kubernetes.kubernetes_objects import BUILT_IN
from bot.usage.kubernetes.listed_objects import info_of
from tests.matrices import matrix
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import ClusterScan

PLURALS = [info_of(kind.resource).plural for kind in BUILT_IN]
ROLLOUTS = CustomResource("argoproj.io", "v1alpha1", "rollouts", ("spec.template",))
TIMEOUT = 2.0


def listed(items: str) -> str:
    return f'{{"metadata": {{"resourceVersion": "1"}}, "items": [{items}]}}'


FAILURES: Mapping[str, Mapping[str, Any]] = {
    "not authenticated": {"status": 401},
    "forbidden": {"status": 403},
    "always expired": {"status": 410},
    "always throttled": {"status": 429},
    "always throttled in plain text": {
        "status": 429,
        "body": "Too many requests",
        "content_type": "text/plain",
    },
    "internal error": {"status": 500},
    "unavailable": {"status": 503},
    "cut off before": {"cut": "before"},
    "cut off after": {"cut": "after"},
    "cut off in the body": {"cut": "body"},
    "no JSON": {"body": "<html>sign in to the network</html>"},
    "truncated JSON": {"body": '{"kind": "PodList", "items": [{"metadata": {'},
    "empty body": {"body": ""},
    "empty answer": {"body": "{}"},
    "null": {"body": "null"},
    "a list": {"body": "[]"},
    "a list of unknown objects": {"body": '{"items": []}'},
    "a list without a version": {"body": '{"kind": "PodList", "metadata": {}, "items": []}'},
    "no items": {"body": '{"kind": "PodList", "metadata": {"resourceVersion": "1"}}'},
    "items of null": {"body": '{"metadata": {"resourceVersion": "1"}, "items": null}'},
    "an object without a name": {"body": listed('{"metadata": {}}')},
    "an object without anything": {"body": listed("{}")},
    "null instead of an object": {"body": listed("null")},
}


@pytest.mark.parametrize(("resource", "failure"), matrix(PLURALS, FAILURES, meet=1))
def test_every_failure_of_every_list_is_an_error(
    cluster: Cluster, scan: ClusterScan, resource: str, failure: str
) -> None:
    cluster.faults.add(Fault(path=f"*/{resource}", times=None, **FAILURES[failure]))
    with pytest.raises(ServiceError, match="Kubernetes cluster prod"):
        scan()


@pytest.mark.parametrize(
    "resource",
    [PLURALS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in PLURALS[1:])],
)
def test_a_timeout(cluster: Cluster, scan: ClusterScan, resource: str) -> None:
    cluster.faults.add(Fault(path=f"*/{resource}", times=None, delay=4 * TIMEOUT))
    with pytest.raises(ServiceError, match=f"list {resource}"):
        list(scan.source(timeout=TIMEOUT).image_uses())


@pytest.mark.parametrize(
    "failure", ["forbidden", "cut off in the body", "no JSON", "always throttled"]
)
def test_a_failure_on_the_second_page(cluster: Cluster, scan: ClusterScan, failure: str) -> None:
    cluster.apply(*pods(PAGE + 1))
    cluster.faults.add(Fault(path="*/pods", skip=1, times=None, **FAILURES[failure]))
    with pytest.raises(ServiceError, match="list pods"):
        scan()


@pytest.mark.parametrize(
    "failure",
    [
        "always throttled",
        "always throttled in plain text",
        "internal error",
        "unavailable",
        "cut off before",
        "cut off in the body",
    ],
)
def test_temporary_failures_are_retried(cluster: Cluster, scan: ClusterScan, failure: str) -> None:
    cluster.apply(*deployment("api", image("team/api")))
    well = scan()
    for resource in PLURALS:
        cluster.faults.add(Fault(path=f"*/{resource}", times=ATTEMPTS - 1, **FAILURES[failure]))
    assert scan() == well


def test_an_expired_continue_starts_again(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*pods(2 * PAGE + 1))
    cluster.faults.add(Fault(path="*/pods", skip=1, times=1, status=410))
    assert len(scan()) == 2 * PAGE + 1
    assert cluster.calls.count("GET /api/v1/pods") == 2 + 3


def test_a_permission_for_one_namespace_is_not_enough(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.access.clear()
    cluster.grant_role(DEFAULT_USER, cluster_role([]), namespace="shop")
    cluster.grant_role(DEFAULT_USER, cluster_role([]), namespace="default")
    with pytest.raises(ServiceError) as raised:
        scan()
    assert "at the cluster scope" in str(raised.value)
    assert "iam-policy --kubernetes" in str(raised.value)


@pytest.mark.parametrize("resource", PLURALS)
def test_a_missing_permission_for_one_resource(
    cluster: Cluster, scan: ClusterScan, resource: str
) -> None:
    cluster.access.clear()
    others = tuple({*PLURALS} - {resource})
    cluster.grant(Grant(DEFAULT_USER, others, groups=("*",)))
    with pytest.raises(ServiceError, match=f"refused to list {resource}"):
        scan()


def test_the_printed_cluster_role_is_sufficient_and_minimal(
    cluster: Cluster, scan: ClusterScan
) -> None:
    cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
    cluster.access.clear()
    role = cluster_role([ROLLOUTS])
    cluster.grant_role(DEFAULT_USER, role)
    assert scan(ROLLOUTS) == set()
    granted = {
        (g, r) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"]
    }
    assert len(granted) == len(cluster.calls)
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}


def test_a_token_that_expires_in_the_middle_is_renewed(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*pods(PAGE + 1))
    cluster.faults.add(Fault(path="*/pods", skip=1, times=1, status=401))
    assert len(scan()) == PAGE + 1


def test_a_token_that_has_expired(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.add_token("old", DEFAULT_USER, expires_at=cluster.clock.now() - timedelta(seconds=1))
    scan.kubeconfig.write_text(scan.kubeconfig.read_text().replace("token-of-demo", "old"))
    with pytest.raises(ServiceError, match="does not accept the credentials"):
        scan()


def test_no_server(tmp_path: Path) -> None:
    with Cluster("prod") as gone:
        scan = ClusterScan(gone, tmp_path)
    with pytest.raises(ServiceError, match="did not answer"):
        scan()


def test_the_server_of_another_cluster(cluster: Cluster, scan: ClusterScan) -> None:
    with Cluster("impostor") as other:
        text = scan.kubeconfig.read_text().replace(cluster.url, other.url)
        scan.kubeconfig.write_text(text)
        with pytest.raises(ServiceError, match="CERTIFICATE_VERIFY_FAILED"):
            scan()


def pods(count: int) -> list[Any]:
    return [pod(f"p{number:04}", image("team/api", str(number))) for number in range(count)]
