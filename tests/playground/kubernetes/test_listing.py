"""Lists, their pages, and pages after changes in the cluster."""

import time
from datetime import timedelta

import httpx2
import orjson
import pytest
from lightkube import Client
from lightkube.resources.core_v1 import Pod

from bot.playground.kubernetes import Cluster, base64url

from .helpers import PODS, fill, names, page, refusal


def test_a_list_of_built_in_objects_names_their_kind_once(
    cluster: Cluster, api: httpx2.Client
) -> None:
    fill(cluster, "one")
    answer = page(api)
    [item] = answer["items"]
    assert (answer["kind"], answer["apiVersion"]) == ("PodList", "v1")
    assert answer["metadata"] == {"resourceVersion": "2"}
    assert not {"kind", "apiVersion"} & item.keys()
    assert item["metadata"]["resourceVersion"] == "2"
    assert item["metadata"]["uid"]


def test_an_empty_list(cluster: Cluster, api: httpx2.Client) -> None:
    assert page(api, "/apis/apps/v1/deployments") == {
        "kind": "DeploymentList",
        "apiVersion": "apps/v1",
        "metadata": {"resourceVersion": str(cluster.store.revision)},
        "items": [],
    }


def test_custom_resources_carry_their_kind(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "api"}}
    cluster.apply(rollout)
    answer = page(api, "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts")
    assert answer["kind"] == "RolloutList"
    assert answer["items"][0]["kind"] == "Rollout"
    assert answer["items"][0]["apiVersion"] == "argoproj.io/v1alpha1"


def test_objects_are_sorted_as_etcd_sorts_their_keys(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "b", "a", namespace="team")
    fill(cluster, "c", namespace="team-x")
    fill(cluster, "d", namespace="kube")
    assert names(page(api)) == ["kube/d", "team-x/c", "team/a", "team/b"]
    assert names(page(api, "/api/v1/namespaces/team/pods")) == ["team/a", "team/b"]


def test_pages(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b", "c", "d", "e")
    first = page(api, limit=2)
    second = page(api, limit=2, **{"continue": first["metadata"]["continue"]})
    rest = page(api, **{"continue": first["metadata"]["continue"]})
    last = page(api, limit=2, **{"continue": second["metadata"]["continue"]})

    assert [first["metadata"]["remainingItemCount"], names(first)] == [
        3,
        ["default/a", "default/b"],
    ]
    assert [second["metadata"]["remainingItemCount"], len(second["items"])] == [1, 2]
    assert names(rest) == ["default/c", "default/d", "default/e"]
    assert last["metadata"] == rest["metadata"] == {"resourceVersion": "6"}


def test_pages_of_one_namespace(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b", "c", namespace="team")
    fill(cluster, "z", namespace="other")
    path = "/api/v1/namespaces/team/pods"
    first = page(api, path, limit=2)
    assert first["metadata"]["remainingItemCount"] == 1
    assert names(page(api, path, **{"continue": first["metadata"]["continue"]})) == ["team/c"]


def test_a_full_page_can_be_the_last(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b")
    assert "continue" not in page(api, limit=2)["metadata"]


def test_all_pages_show_the_first_state(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b", "c")
    first = page(api, limit=1)
    cluster.delete("Pod", "default", "b")
    fill(cluster, "bb")

    rest = page(api, **{"continue": first["metadata"]["continue"]})

    assert names(rest) == ["default/b", "default/c"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert names(page(api)) == ["default/a", "default/bb", "default/c"]


@pytest.mark.parametrize("by_clock", [True, False])
def test_an_expired_token_offers_an_inconsistent_list(
    cluster: Cluster, api: httpx2.Client, *, by_clock: bool
) -> None:
    fill(cluster, "a", "b", "c")
    token = page(api, limit=1)["metadata"]["continue"]
    cluster.delete("Pod", "default", "b")
    fill(cluster, "bb", "bc")
    if by_clock:
        cluster.clock.advance(timedelta(minutes=5))
    else:
        cluster.expire_continue_tokens()

    answer = api.get(PODS, params={"continue": token})
    other = answer.json()["metadata"]["continue"]
    second = page(api, limit=2, **{"continue": other})

    code, reason, message = refusal(answer)
    assert (code, reason) == (410, "Expired")
    assert message.startswith("The provided continue parameter is too old to display a consistent")
    assert names(second) == ["default/bb", "default/bc"]
    assert second["metadata"]["resourceVersion"] == str(cluster.store.revision)
    assert names(page(api, **{"continue": second["metadata"]["continue"]})) == ["default/c"]


def test_a_valid_token(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b")
    token = page(api, limit=1)["metadata"]["continue"]
    cluster.clock.advance(timedelta(minutes=4, seconds=59))
    assert names(page(api, **{"continue": token})) == ["default/b"]


@pytest.mark.parametrize(
    "token",
    [
        "!",
        "bm90IGpzb24",
        "bm90IGpzb24=",
        base64url.encode(orjson.dumps({"v": "v0", "rv": 2, "start": "a"})),
        base64url.encode(orjson.dumps({"v": "meta.k8s.io/v1", "rv": 0, "start": "a"})),
        base64url.encode(orjson.dumps({"v": "meta.k8s.io/v1", "rv": 2, "start": "../a"})),
    ],
)
def test_a_malformed_token(cluster: Cluster, api: httpx2.Client, token: str) -> None:
    fill(cluster, "a")
    code, reason, message = refusal(api.get(PODS, params={"continue": token}))
    assert (code, reason) == (400, "BadRequest")
    assert message.startswith("invalid continue token: continue key is not valid")


@pytest.mark.usefixtures("cluster")
def test_a_malformed_limit(api: httpx2.Client) -> None:
    assert refusal(api.get(PODS, params={"limit": "x"}))[:2] == (400, "BadRequest")


@pytest.mark.usefixtures("cluster")
def test_unknown_parameters_are_rejected(api: httpx2.Client) -> None:
    code, _, message = refusal(api.get(PODS, params={"labelSelector": "a=b"}))
    assert (code, message) == (501, "The stand-in does not support the parameters labelSelector")


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/apis/apps/v1/things", f"{PODS}/a"])
@pytest.mark.usefixtures("cluster")
def test_unknown_resources_of_known_groups(api: httpx2.Client, path: str) -> None:
    message = "the server could not find the requested resource"
    assert refusal(api.get(path)) == (404, "NotFound", message)


@pytest.mark.parametrize("path", ["/apis/no.such/v1/things", "/apis/apps/v9/deployments", "/x"])
@pytest.mark.usefixtures("cluster")
def test_unknown_groups_are_not_found(api: httpx2.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.usefixtures("cluster")
def test_nothing_can_be_written(api: httpx2.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert refusal(api.request(method, PODS))[:2] == (405, "MethodNotAllowed")


def test_lightkube_reads_all_pages(cluster: Cluster, kube: Client) -> None:
    fill(cluster, *(f"pod-{number}" for number in range(7)))
    pods = list(kube.list(Pod, namespace="*", chunk_size=3))
    assert len(pods) == 7
    assert cluster.calls.counts() == {f"GET {PODS}": 3}


def test_thousands_are_listed_quickly(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, *(f"pod-{number}" for number in range(2000)))
    page(api, limit=1)
    before = time.monotonic()
    answer = api.get(PODS)
    assert time.monotonic() - before < 0.5
    assert len(answer.json()["items"]) == 2000
