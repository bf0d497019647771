import traceback
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource, deployment
from bot.usage.kubernetes.cluster_source import CustomResource
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import ClusterScan

API, WORKER = image("team/api"), image("team/worker")
ROLLOUTS = CustomResource("argoproj.io", "v1alpha1", "rollouts", ("spec.template",))


def containers(*images: str) -> dict[str, Any]:
    return {"containers": [{"name": f"c{n}", "image": i} for n, i in enumerate(images)]}


@pytest.fixture(autouse=True)
def _known(cluster: Cluster) -> None:
    cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
    cluster.register("ray.io", "v1", "rayclusters", "RayCluster")


def rollout(name: str, spec: dict[str, Any]) -> Any:
    return custom_resource("argoproj.io/v1alpha1", "Rollout", name, spec)


def test_a_path_to_a_pod_template(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(rollout("api", {"replicas": 0, "template": {"spec": containers(API, WORKER)}}))
    assert scan(ROLLOUTS) == {(API, "Rollout default/api"), (WORKER, "Rollout default/api")}


def test_without_the_setting_custom_resources_are_not_read(
    cluster: Cluster, scan: ClusterScan
) -> None:
    cluster.apply(rollout("api", {"template": {"spec": containers(API)}}))
    assert scan() == set()


def test_a_path_to_several_templates_or_pod_specs(cluster: Cluster, scan: ClusterScan) -> None:
    spec = {
        "head": {"template": {"spec": containers(API)}},
        "workers": [{"template": {"spec": containers(WORKER)}}],
    }
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    templates = CustomResource(
        "ray.io", "v1", "rayclusters", ("spec.head.template", "spec.workers[].template")
    )
    assert scan(templates) == {(API, "RayCluster default/r"), (WORKER, "RayCluster default/r")}
    specs = ("spec.head.template.spec", "spec.workers[].template.spec")
    assert scan(CustomResource("ray.io", "v1", "rayclusters", specs)) == scan(templates)


@pytest.mark.parametrize(
    "paths", [("spec.head.template",), ("[spec.head.template, spec.gone][]",), ()]
)
def test_containers_outside_of_the_paths(
    cluster: Cluster, scan: ClusterScan, paths: tuple[str, ...]
) -> None:
    oddly_named = {"podTemplate": {"spec": containers(WORKER)}}
    spec = {"head": {"template": {"spec": containers(API)}}, "workers": [oddly_named]}
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    found = scan(CustomResource("ray.io", "v1", "rayclusters", paths))
    assert found == {(API, "RayCluster default/r"), (WORKER, "RayCluster default/r")}


def test_the_path_without_a_match_is_named(cluster: Cluster, scan: ClusterScan) -> None:
    spec = {"head": {"template": {"spec": containers(API)}}}
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    with pytest.raises(ServiceError, match=r"'spec\.gone' matches nothing"):
        scan(CustomResource("ray.io", "v1", "rayclusters", ("spec.head.template", "spec.gone")))


def test_null_fields_are_ignored(cluster: Cluster, scan: ClusterScan) -> None:
    spec = containers(API) | {"volumes": None, "initContainers": None}
    cluster.apply(rollout("api", {"template": {"spec": spec}}))
    assert scan(ROLLOUTS) == {(API, "Rollout default/api")}


def test_errors_do_not_quote_the_object(cluster: Cluster, scan: ClusterScan) -> None:
    spec = containers(API)
    spec["containers"][0]["env"] = [{"name": "PASSWORD", "value": "hunter2"}]
    cluster.apply(rollout("api", {"template": {"spec": spec}}))
    with pytest.raises(ServiceError) as raised:
        scan(
            CustomResource(
                "argoproj.io", "v1alpha1", "rollouts", ("keys(spec.template.spec.containers)",)
            )
        )
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


def test_pods_are_named_after_their_custom_resource(cluster: Cluster, scan: ClusterScan) -> None:
    _, replica_set, *_ = deployment("api", API)
    replica_set["metadata"]["ownerReferences"][0].update(kind="Rollout", name="api")
    cluster.apply(replica_set)
    assert {who for _, who in scan(ROLLOUTS)} == {"Rollout default/api (revision 1)"}


@pytest.mark.parametrize(
    "spec",
    [
        {"workloadRef": {"name": "api"}},
        {"template": []},
        {"template": "none"},
        {"template": {"containers": "none"}},
        {"template": {"spec": {}}},
        {"template": [{"spec": containers(API)}, None]},
    ],
)
def test_a_path_that_matches_nothing_is_named(
    cluster: Cluster, scan: ClusterScan, spec: dict[str, Any]
) -> None:
    cluster.apply(rollout("api", spec))
    with pytest.raises(ServiceError) as raised:
        scan(ROLLOUTS)
    assert "Rollout default/api" in str(raised.value)
    assert "'spec.template'" in str(raised.value)
    assert "rollouts.v1alpha1.argoproj.io" in str(raised.value)


def test_an_optional_path(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(rollout("api", {"workloadRef": {"name": "api"}}))
    lenient = 'spec.template || `{"containers": []}`'
    assert scan(CustomResource("argoproj.io", "v1alpha1", "rollouts", (lenient,))) == set()


def test_a_path_to_something_else(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(rollout("api", {"template": 1}))
    with pytest.raises(ServiceError, match="does not match a pod template"):
        scan(CustomResource("argoproj.io", "v1alpha1", "rollouts", ("keys(spec.template)",)))


@pytest.mark.parametrize("version", ["v1", "v1alpha1"])
def test_a_resource_unknown_to_the_cluster(scan: ClusterScan, version: str) -> None:
    unknown = CustomResource("serving.knative.dev", version, "services", ("spec.template",))
    with pytest.raises(ServiceError) as raised:
        scan(unknown)
    assert "services" in str(raised.value)
    assert "usage.kubernetes.custom_resources" in str(raised.value)
