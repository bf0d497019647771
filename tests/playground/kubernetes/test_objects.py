"""Validation and storage of objects."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import deployment, pod

from .helpers import REPO, page


def a_pod(**changes: Any) -> dict[str, Any]:
    return pod("one", f"{REPO}:1") | changes


def test_a_replaced_object_keeps_its_initial_metadata(cluster: Cluster, api: httpx2.Client) -> None:
    given = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "one"}}
    spec = {"containers": [{"name": "a"}]}
    cluster.apply(given | {"template": {"spec": spec}})
    [before] = page(api, "/api/v1/podtemplates")["items"]
    cluster.clock.advance(timedelta(hours=1))
    cluster.apply(given | {"template": {"spec": spec | {"nodeName": "x"}}})
    [after] = page(api, "/api/v1/podtemplates")["items"]

    assert before["metadata"]["creationTimestamp"] == "2026-11-23T12:00:00Z"
    assert before["metadata"]["namespace"] == "default"
    assert after["metadata"] == before["metadata"] | {"resourceVersion": "3"}
    assert after["template"]["spec"]["nodeName"] == "x"


def test_a_missing_object_cannot_be_deleted(cluster: Cluster) -> None:
    with pytest.raises(KeyError):
        cluster.delete("Pod", "default", "one")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "an object has no apiVersion, kind, metadata"),
        (a_pod(kind="Pot"), "knows no kinds Pot of v1"),
        (a_pod(apiVersion="v2"), "knows no kinds Pod of v2"),
        (a_pod(metadata={"namespace": "default"}), "None cannot be the name of a Pod"),
        (a_pod(metadata={"name": "A_b"}), "'A_b' cannot be the name of a Pod"),
        (a_pod(metadata={"name": "a", "namespace": "a.b"}), "'a.b' cannot be the namespace"),
        (a_pod(metadata={"name": "a", "ownerReferences": [{"kind": "X"}]}), "no apiVersion, name"),
        (a_pod(spec={}), "has no containers"),
        (a_pod(spec={"containers": [{"image": "x"}]}), "None cannot be the name of a container"),
        (a_pod(spec={"containers": [{"name": "x"}]}), "has no image"),
        (a_pod(spec={"containers": [{"name": "x", "image": "y"}] * 2}), "two containers"),
        (
            a_pod(status={"containerStatuses": [{"name": "other", "image": "x", "imageID": ""}]}),
            "wrong status",
        ),
        (deployment("a", "b")[0] | {"spec": {}}, "has no spec.template.spec"),
    ],
)
def test_invalid_objects_are_rejected(cluster: Cluster, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        cluster.apply(wrong)


def test_a_custom_resource_is_registered_once(cluster: Cluster) -> None:
    cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
    with pytest.raises(ValueError, match="already exist"):
        cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
