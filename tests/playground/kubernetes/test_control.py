"""The control API of the cluster, used by another process."""

from typing import Any

import httpx2
import pytest

from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource, deployment

from .conftest import Connect
from .helpers import PODS, REPO, fill, page
from .test_access import role, rule


def control(api: httpx2.Client, path: str, body: Any) -> httpx2.Response:
    return api.post(f"/_control{path}", json=body)


def test_a_seed_fills_a_cluster(closed: Cluster, connect: Connect) -> None:
    door = connect("")
    custom = custom_resource("example.org/v1", "Thing", "one", {"image": f"{REPO}:1"})
    thing = {"group": "example.org", "version": "v1", "plural": "things", "kind": "Thing"}
    for path, body in (
        ("/kinds", thing),
        ("/apply", [*deployment("api", f"{REPO}:1"), custom]),
        ("/tokens", {"token": "t", "user": "ann", "expires_at": "2026-11-24T00:00:00+00:00"}),
        ("/grants", {"subject": "ann", "role": role(rule("", "pods"), rule("*", "things"))}),
        ("/access-entries", {"access_key": "AKIA", "user": "bob"}),
        ("/sts", {"url": "http://127.0.0.1:1"}),
    ):
        assert control(door, path, body).status_code == 200
    api = connect("t")
    assert len(page(api)["items"]) == 2
    assert page(api, "/apis/example.org/v1/things")["items"][0]["spec"] == {"image": f"{REPO}:1"}
    assert not [call for call in closed.calls if "_control" in call.path]


def test_faults_and_expiry(cluster: Cluster, api: httpx2.Client) -> None:
    fill(cluster, "a", "b")
    token = page(api, limit=1)["metadata"]["continue"]
    assert control(api, "/expire", {}).status_code == 200
    assert api.get(PODS, params={"continue": token}).status_code == 410
    assert control(api, "/faults", {"status": 503, "times": 1}).status_code == 200
    assert api.get(PODS).status_code == 503


def test_calls_are_counted(cluster: Cluster, api: httpx2.Client) -> None:
    api.get(PODS)
    api.get(PODS, headers={"authorization": ""})
    shown = api.get("/_control/calls").json()
    assert shown["counts"] == {f"GET {PODS}": 2}
    assert [call["status"] for call in shown["calls"]] == [200, 401]
    assert api.delete("/_control/calls").status_code == 200
    assert not cluster.calls


@pytest.mark.parametrize(
    ("path", "body"),
    [("/apply", [{}]), ("/apply", {"kind": "Pod"}), ("/tokens", {"who": 1}), ("/faults", {})],
)
@pytest.mark.usefixtures("cluster")
def test_invalid_requests(api: httpx2.Client, path: str, body: Any) -> None:
    answer = control(api, path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
