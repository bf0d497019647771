"""Injected faults, as clients see them."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from lightkube import ApiError, Client, KubeConfig
from lightkube.resources.core_v1 import Pod

from bot.playground.kubernetes import Cluster, Fault
from bot.playground.kubernetes.list_pages import ListPages

from .helpers import PODS, fill, names, page, refusal


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        (401, "Unauthorized", "Unauthorized"),
        (403, "Forbidden", 'pods is forbidden: User "demo" cannot list resource "pods"'),
        (410, "Expired", "The resourceVersion for the provided list is too old."),
        (429, "TooManyRequests", "the server has received too many requests"),
        (500, "InternalError", "Internal error occurred"),
        (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
    ],
)
def test_statuses(
    cluster: Cluster, api: httpx2.Client, status: int, reason: str, message: str
) -> None:
    cluster.faults.add(Fault(status=status))
    answer = refusal(api.get(PODS))
    assert answer[:2] == (status, reason)
    assert answer[2].startswith(message)
    assert api.get(PODS).status_code == 200


def test_throttling_has_a_retry_after(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.faults.add(Fault(status=429, retry_after=7))
    answer = api.get(PODS)
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["details"] == {"retryAfterSeconds": 7}


def test_throttling_in_plain_text(cluster: Cluster, kube: Client) -> None:
    cluster.faults.add(
        Fault(
            status=429, body="Too many requests, please try again later.", content_type="text/plain"
        )
    )
    with pytest.raises(httpx2.HTTPStatusError, match="429") as caught:
        list(kube.list(Pod, namespace="*"))
    assert not isinstance(caught.value, ApiError)


def test_an_expired_page_offers_the_rest(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b", "c")
    token = page(api, limit=1)["metadata"]["continue"]
    cluster.faults.add(Fault(status=410))
    expired = api.get(PODS, params={"continue": token}).json()
    rest = page(api, **{"continue": expired["metadata"]["continue"]})
    assert names(rest) == ["default/b", "default/c"]


def test_a_custom_message(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.faults.add(Fault(status=500, message="etcdserver: request timed out"))
    assert refusal(api.get(PODS))[2] == "etcdserver: request timed out"


@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_cuts(cluster: Cluster, api: httpx2.Client, cut: str) -> None:
    cluster.faults.add(Fault(cut=cut))  # type: ignore[arg-type]
    with pytest.raises(httpx2.TransportError):
        api.get(PODS)
    [call] = cluster.calls
    assert call.status is None
    assert api.get(PODS).status_code == 200


def test_a_body_in_place_of_the_list(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.faults.add(Fault(body="<html>"))
    answer = api.get(PODS)
    assert (answer.status_code, answer.text) == (200, "<html>")


def test_a_delay(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.faults.add(Fault(delay=0.05))
    before = time.monotonic()
    assert api.get(PODS).status_code == 200
    assert time.monotonic() - before >= 0.05


def test_stopping_cuts_open_requests() -> None:
    before = time.monotonic()
    with ThreadPoolExecutor(1) as pool, Cluster() as cluster:
        cluster.faults.add(Fault(delay=60))
        answer = pool.submit(_list_pods_of, cluster)
        while not len(cluster.calls):
            time.sleep(0.001)
    assert isinstance(answer.exception(), httpx2.TransportError)
    assert time.monotonic() - before < 5


def _list_pods_of(cluster: Cluster) -> None:
    cluster.allow_everything()
    with Client(config=KubeConfig.from_dict(cluster.kubeconfig())) as client:
        list(client.list(Pod, namespace="*"))


def test_skip_and_times(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.faults.add(Fault(status=503, skip=1, times=2))
    assert [api.get(PODS).status_code for _ in range(4)] == [200, 503, 503, 200]


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        (Fault(resource="deployments.apps", status=500), True),
        (Fault(resource="deployments", status=500), False),
        (Fault(path="/apis/apps/*", status=500), True),
        (Fault(path="/api/*", status=500), False),
    ],
)
def test_a_fault_hits_what_it_matches(
    cluster: Cluster, api: httpx2.Client, fault: Fault, *, hit: bool
) -> None:
    cluster.faults.add(fault)
    assert api.get("/apis/apps/v1/deployments").status_code == (500 if hit else 200)


def test_a_fault_needs_a_known_effect() -> None:
    with pytest.raises(ValueError, match="needs an effect"):
        Fault(path="/api/*")
    with pytest.raises(ValueError, match="cut is"):
        Fault(cut="sideways")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one of"):
        Fault(status=418)


def test_calls_are_recorded(cluster: Cluster, api: httpx2.Client) -> None:
    page(api, limit=3)
    api.get("/api/v1/secrets")
    first, second = cluster.calls
    assert (first.method, first.path, first.query) == ("GET", PODS, {"limit": "3"})
    assert (first.user, first.status, second.status) == ("demo", 200, 404)
    assert cluster.calls.count(f"GET {PODS}") == 1
    cluster.calls.reset()
    assert not len(cluster.calls)


def test_internal_errors_fail_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListPages, "page", lambda *_: 1 / 0)
    with pytest.raises(AssertionError, match="bug in the stand-in at /api/v1/pods"):
        _list_pods()


def _list_pods() -> None:
    with Cluster() as cluster, pytest.raises(ApiError, match="bug"):
        _list_pods_of(cluster)
