import traceback
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource, deployment
from bot.usage.kubernetes.cluster_source import CustomResource
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import Looker

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


def test_the_path_leads_to_a_pod_template(cluster: Cluster, look: Looker) -> None:
    cluster.apply(rollout("api", {"replicas": 0, "template": {"spec": containers(API, WORKER)}}))
    assert look(ROLLOUTS) == {(API, "Rollout default/api"), (WORKER, "Rollout default/api")}


def test_without_the_setting_nobody_looks(cluster: Cluster, look: Looker) -> None:
    cluster.apply(rollout("api", {"template": {"spec": containers(API)}}))
    assert look() == set()


def test_the_path_leads_to_several_templates_or_pod_specs(cluster: Cluster, look: Looker) -> None:
    spec = {
        "head": {"template": {"spec": containers(API)}},
        "workers": [{"template": {"spec": containers(WORKER)}}],
    }
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    templates = CustomResource(
        "ray.io", "v1", "rayclusters", ("spec.head.template", "spec.workers[].template")
    )
    assert look(templates) == {(API, "RayCluster default/r"), (WORKER, "RayCluster default/r")}
    specs = ("spec.head.template.spec", "spec.workers[].template.spec")
    assert look(CustomResource("ray.io", "v1", "rayclusters", specs)) == look(templates)


@pytest.mark.parametrize(
    "paths", [("spec.head.template",), ("[spec.head.template, spec.gone][]",), ()]
)
def test_containers_that_no_path_leads_to(
    cluster: Cluster, look: Looker, paths: tuple[str, ...]
) -> None:
    oddly_named = {"podTemplate": {"spec": containers(WORKER)}}
    spec = {"head": {"template": {"spec": containers(API)}}, "workers": [oddly_named]}
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    found = look(CustomResource("ray.io", "v1", "rayclusters", paths))
    assert found == {(API, "RayCluster default/r"), (WORKER, "RayCluster default/r")}


def test_a_path_that_leads_nowhere_is_named_beside_one_that_does_not(
    cluster: Cluster, look: Looker
) -> None:
    spec = {"head": {"template": {"spec": containers(API)}}}
    cluster.apply(custom_resource("ray.io/v1", "RayCluster", "r", spec))
    with pytest.raises(ServiceError, match=r"'spec\.gone' matches nothing"):
        look(CustomResource("ray.io", "v1", "rayclusters", ("spec.head.template", "spec.gone")))


def test_nulls_mean_nothing(cluster: Cluster, look: Looker) -> None:
    spec = containers(API) | {"volumes": None, "initContainers": None}
    cluster.apply(rollout("api", {"template": {"spec": spec}}))
    assert look(ROLLOUTS) == {(API, "Rollout default/api")}


def test_what_stands_in_the_object_is_not_told(cluster: Cluster, look: Looker) -> None:
    spec = containers(API)
    spec["containers"][0]["env"] = [{"name": "PASSWORD", "value": "hunter2"}]
    cluster.apply(rollout("api", {"template": {"spec": spec}}))
    with pytest.raises(ServiceError) as told:
        look(
            CustomResource(
                "argoproj.io", "v1alpha1", "rollouts", ("keys(spec.template.spec.containers)",)
            )
        )
    assert "hunter2" not in "".join(traceback.format_exception(told.value))


def test_pods_are_named_after_the_resource_behind_them(cluster: Cluster, look: Looker) -> None:
    _, replica_set, *_ = deployment("api", API)
    replica_set["metadata"]["ownerReferences"][0].update(kind="Rollout", name="api")
    cluster.apply(replica_set)
    assert {who for _, who in look(ROLLOUTS)} == {"Rollout default/api (revision 1)"}


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
    cluster: Cluster, look: Looker, spec: dict[str, Any]
) -> None:
    cluster.apply(rollout("api", spec))
    with pytest.raises(ServiceError) as told:
        look(ROLLOUTS)
    assert "Rollout default/api" in str(told.value)
    assert "'spec.template'" in str(told.value)
    assert "rollouts.v1alpha1.argoproj.io" in str(told.value)


def test_a_path_that_allows_for_none(cluster: Cluster, look: Looker) -> None:
    cluster.apply(rollout("api", {"workloadRef": {"name": "api"}}))
    lenient = 'spec.template || `{"containers": []}`'
    assert look(CustomResource("argoproj.io", "v1alpha1", "rollouts", (lenient,))) == set()


def test_a_path_that_cannot_be_followed(cluster: Cluster, look: Looker) -> None:
    cluster.apply(rollout("api", {"template": 1}))
    with pytest.raises(ServiceError, match="does not match a pod template"):
        look(CustomResource("argoproj.io", "v1alpha1", "rollouts", ("keys(spec.template)",)))


@pytest.mark.parametrize("version", ["v1", "v1alpha1"])
def test_a_resource_that_the_cluster_does_not_know(look: Looker, version: str) -> None:
    unknown = CustomResource("serving.knative.dev", version, "services", ("spec.template",))
    with pytest.raises(ServiceError) as told:
        look(unknown)
    assert "services" in str(told.value)
    assert "usage.kubernetes.custom_resources" in str(told.value)
