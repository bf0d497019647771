"""Permissions of users."""

from typing import Any

import httpx2
import pytest
from lightkube import ApiError, Client
from lightkube.resources.core_v1 import Pod

from bot.playground.kubernetes import DEFAULT_USER, Cluster, Grant

from .conftest import Connect
from .helpers import PODS, refusal

DEPLOYMENTS = "/apis/apps/v1/deployments"


def role(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
        "rules": list(rules),
    }


def rule(group: str, resource: str, verb: str = "list", **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb], **more}


@pytest.mark.usefixtures("closed")
def test_nothing_is_allowed_at_first(api: httpx2.Client) -> None:
    assert refusal(api.get(PODS)) == (
        403,
        "Forbidden",
        'pods is forbidden: User "demo" cannot list resource "pods" in API group "" '
        "at the cluster scope",
    )
    assert refusal(api.get("/apis/apps/v1/namespaces/team/deployments"))[2] == (
        'deployments.apps is forbidden: User "demo" cannot list resource "deployments" '
        'in API group "apps" in the namespace "team"'
    )
    assert api.get(DEPLOYMENTS).json()["details"] == {"group": "apps", "kind": "deployments"}


@pytest.mark.usefixtures("closed")
def test_missing_resources_are_forbidden_first(api: httpx2.Client) -> None:
    assert refusal(api.get("/apis/no.such/v1/things"))[:2] == (403, "Forbidden")
    assert refusal(api.post(PODS))[2].endswith(
        'cannot create resource "pods" in API group "" at the cluster scope'
    )


def test_a_role_allows_what_its_rules_say(closed: Cluster, api: httpx2.Client) -> None:
    closed.grant_role(DEFAULT_USER, role(rule("", "pods"), rule("apps", "deployments", "get")))
    assert api.get(PODS).status_code == 200
    assert api.get("/api/v1/namespaces/team/pods").status_code == 200
    assert api.get(DEPLOYMENTS).status_code == 403
    assert api.get("/api/v1/podtemplates").status_code == 403


def test_a_role_in_a_namespace(closed: Cluster, api: httpx2.Client) -> None:
    closed.grant_role(DEFAULT_USER, role(rule("", "pods")), "team")
    assert api.get("/api/v1/namespaces/team/pods").status_code == 200
    assert api.get("/api/v1/namespaces/other/pods").status_code == 403
    assert api.get(PODS).status_code == 403


def test_stars(closed: Cluster, api: httpx2.Client) -> None:
    closed.grant_role(DEFAULT_USER, role(rule("*", "*", "*")))
    assert api.get(DEPLOYMENTS).status_code == 200


def test_rules_for_named_objects_or_urls_list_nothing(closed: Cluster, api: httpx2.Client) -> None:
    by_url = {"nonResourceURLs": ["/version"], "verbs": ["get"]}
    closed.grant_role(DEFAULT_USER, role(rule("", "pods", resourceNames=["a"]), by_url))
    assert api.get(PODS).status_code == 403


def test_groups_and_single_grants(closed: Cluster, connect: Connect) -> None:
    closed.add_token("t", "ann", ["ops"])
    closed.grant(Grant("ops", ("pods",)))
    assert connect("t").get(PODS).status_code == 200
    closed.access.clear()
    assert connect("t").get(PODS).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        role(rule("", "pods")) | {"kind": "Role"},
        role(rule("", "pods")) | {"metadata": {}},
        role({"apiGroups": [""], "resources": ["pods"]}),
        role(rule("", "pods") | {"apiGroups": []}),
    ],
)
def test_an_invalid_role(closed: Cluster, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"ClusterRole|needs"):
        closed.grant_role(DEFAULT_USER, wrong)


@pytest.mark.usefixtures("closed")
def test_lightkube_reads_the_refusal(kube: Client) -> None:
    with pytest.raises(ApiError) as caught:
        list(kube.list(Pod, namespace="*"))
    assert (caught.value.status.code, caught.value.status.reason) == (403, "Forbidden")
