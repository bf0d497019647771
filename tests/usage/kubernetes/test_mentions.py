"""Images named outside of container images: arguments, environment, annotations, other keys."""

import json
from typing import Any

import pytest

from bot.core.image_references import RegistryHosts
from bot.core.repository import RegistryId
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource, deployment, pod, stateful_set
from bot.usage.kubernetes.cluster_source import CustomResource
from tests.usage.aws_support import digest, image
from tests.usage.kubernetes.conftest import ClusterScan

API, OLD, PROXY = image("team/api", "9.0.0"), image("team/api", "1.0"), image("istio/proxy", "2")
HOST, _, NAME = OLD.partition("/")
WORKFLOWS = CustomResource(
    "argoproj.io",
    "v1alpha1",
    "workflowtemplates",
    ("spec.templates[?container].{containers: [{name: 'm', image: container.image}]}",),
)
RELEASES = CustomResource("helm.toolkit.fluxcd.io", "v2", "helmreleases", ())
WORKFLOW, RELEASE = "WorkflowTemplate default/w", "HelmRelease default/r"


@pytest.fixture(autouse=True)
def _known(cluster: Cluster) -> None:
    cluster.register("argoproj.io", "v1alpha1", "workflowtemplates", "WorkflowTemplate")
    cluster.register("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease")


def workflow(*templates: Any, **spec: Any) -> Any:
    spec = {"templates": [{"name": "a", "container": {"image": API}}, *templates], **spec}
    return custom_resource("argoproj.io/v1alpha1", "WorkflowTemplate", "w", spec)


@pytest.mark.parametrize(
    "template",
    [
        {"name": "b", "script": {"image": OLD}},
        {"name": "b", "initContainers": [{"name": "i", "image": OLD}]},
        {"name": "b", "sidecars": [{"name": "s", "image": OLD}]},
        {"name": "b", "containerSet": {"containers": [{"name": "c", "image": OLD}]}},
        {"name": "b", "inputs": {"parameters": [{"name": "any", "value": OLD}]}},
        {"name": "b", "data": f"first\\nimage: {OLD}\\n"},
        {OLD: "a key"},
    ],
)
def test_any_key_of_a_custom_resource(cluster: Cluster, scan: ClusterScan, template: Any) -> None:
    cluster.apply(workflow(template))
    assert {(API, WORKFLOW), (OLD, WORKFLOW)} <= scan(WORKFLOWS)


def test_image_keys_are_read_like_those_of_containers(cluster: Cluster, scan: ClusterScan) -> None:
    """A malformed image is an error too, since it may be one of ours."""
    unreadable = f"{OLD}-{{{{inputs.parameters.arch}}}}"
    cluster.apply(workflow({"name": "b", "script": {"image": unreadable}}))
    assert (unreadable, WORKFLOW) in scan(WORKFLOWS)


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"repository": f"{HOST}/{NAME.partition(':')[0]}", "tag": "1.0"}},
        {"image": {"repository": f"{HOST}/{NAME.partition(':')[0]}", "tag": 1.0}},
        {"image": {"registry": HOST, "repository": NAME.partition(":")[0], "tag": "1.0"}},
        {"image": f"{HOST}/{NAME.partition(':')[0]}", "version": "1.0"},
        {"images": [{"name": "x", "newName": f"{HOST}/team/api", "newTag": "1.0"}]},
        {"image": {"registry": HOST, "repository": NAME}},
        {"image": {"registry": f"{HOST}/", "repository": "team/api", "tag": "1.0"}},
        {"image": {"registry": HOST, "repository": "/team/api", "tag": "1.0"}},
    ],
)
def test_a_reference_in_parts(cluster: Cluster, scan: ClusterScan, values: Any) -> None:
    spec = {"chart": {"version": None}, "values": values}
    cluster.apply(custom_resource("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", spec))
    assert (OLD, RELEASE) in scan(RELEASES)


def test_objects_without_any_image_need_no_path(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(custom_resource("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", {}))
    assert scan(RELEASES) == set()


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "RELATED_IMAGE_WORKER", "value": OLD}]},
        {"args": [f"--config-reloader-image={OLD}"]},
        {"command": ["sh", "-c", f"docker run '{OLD}' --images={PROXY},{OLD}"]},
    ],
)
def test_environment_and_arguments_of_a_deployment(
    cluster: Cluster, scan: ClusterScan, container: Any
) -> None:
    top, *_ = deployment("operator", API, namespace="ops", replicas=0)
    top["spec"]["template"]["spec"]["containers"][0].update(container)
    cluster.apply(top)
    assert (OLD, "Deployment ops/operator (scaled to zero)") in scan()


def test_annotations(cluster: Cluster, scan: ClusterScan) -> None:
    bare = pod("p", API)
    bare["metadata"]["annotations"] = {
        "sidecar.istio.io/proxyImage": PROXY,
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"image": OLD}),
    }
    cluster.apply(bare)
    assert scan() == {(name, "Pod default/p") for name in (API, PROXY, OLD)}


def test_revisions_of_other_controllers(cluster: Cluster, scan: ClusterScan) -> None:
    revision = next(o for o in stateful_set("db", API) if o["kind"] == "ControllerRevision")
    revision["metadata"]["ownerReferences"][0].update(kind="CloneSet")
    revision["data"] = {"spec": {"patch": {"worker": OLD}}}
    cluster.apply(revision)
    assert scan() == {(OLD, "CloneSet default/db (revision 1)")}


def test_a_digest_without_our_host(cluster: Cluster, scan: ClusterScan) -> None:
    mirrored = f"mirror.corp.example/team/api@{digest(5)}"
    top, *_ = deployment("operator", API)
    top["spec"]["template"]["spec"]["containers"][0]["args"] = [mirrored]
    cluster.apply(top)
    assert (digest(5), "Deployment default/operator") in scan()


def test_an_alias(cluster: Cluster, scan: ClusterScan) -> None:
    aliased = "harbor.example.com/ecr-proxy/team/api:1.0"
    bare = pod("p", API)
    bare["spec"]["containers"][0]["args"] = [f"--image={aliased}"]
    cluster.apply(bare)
    scan.hosts = RegistryHosts({"harbor.example.com/ecr-proxy": RegistryId("1" * 12, "eu-west-1")})
    assert (aliased, "Pod default/p") in scan()
