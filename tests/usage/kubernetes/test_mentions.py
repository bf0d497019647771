"""Images that objects name where no container does: arguments, environment, annotations, other
keys."""

import json
from typing import Any

import pytest

from bot.core.image_references import RegistryHosts
from bot.core.repository import RegistryId
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource, deployment, pod, stateful_set
from bot.usage.kubernetes.cluster_source import CustomResource
from tests.usage.aws_support import digest, image
from tests.usage.kubernetes.conftest import Looker

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
def test_any_key_of_a_custom_resource(cluster: Cluster, look: Looker, template: Any) -> None:
    cluster.apply(workflow(template))
    assert {(API, WORKFLOW), (OLD, WORKFLOW)} <= look(WORKFLOWS)


def test_what_is_called_an_image_is_read_as_a_containers(cluster: Cluster, look: Looker) -> None:
    """Also if it cannot be read: then nobody knows what it is."""
    unreadable = f"{OLD}-{{{{inputs.parameters.arch}}}}"
    cluster.apply(workflow({"name": "b", "script": {"image": unreadable}}))
    assert (unreadable, WORKFLOW) in look(WORKFLOWS)


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
def test_a_reference_in_parts(cluster: Cluster, look: Looker, values: Any) -> None:
    spec = {"chart": {"version": None}, "values": values}
    cluster.apply(custom_resource("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", spec))
    assert (OLD, RELEASE) in look(RELEASES)


def test_objects_without_any_image_need_no_path(cluster: Cluster, look: Looker) -> None:
    cluster.apply(custom_resource("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", {}))
    assert look(RELEASES) == set()


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "RELATED_IMAGE_WORKER", "value": OLD}]},
        {"args": [f"--config-reloader-image={OLD}"]},
        {"command": ["sh", "-c", f"docker run '{OLD}' --images={PROXY},{OLD}"]},
    ],
)
def test_environment_and_arguments_of_a_deployment(
    cluster: Cluster, look: Looker, container: Any
) -> None:
    top, *_ = deployment("operator", API, namespace="ops", replicas=0)
    top["spec"]["template"]["spec"]["containers"][0].update(container)
    cluster.apply(top)
    assert (OLD, "Deployment ops/operator (scaled to zero)") in look()


def test_annotations(cluster: Cluster, look: Looker) -> None:
    bare = pod("p", API)
    bare["metadata"]["annotations"] = {
        "sidecar.istio.io/proxyImage": PROXY,
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"image": OLD}),
    }
    cluster.apply(bare)
    assert look() == {(name, "Pod default/p") for name in (API, PROXY, OLD)}


def test_revisions_of_other_controllers(cluster: Cluster, look: Looker) -> None:
    revision = next(o for o in stateful_set("db", API) if o["kind"] == "ControllerRevision")
    revision["metadata"]["ownerReferences"][0].update(kind="CloneSet")
    revision["data"] = {"spec": {"patch": {"worker": OLD}}}
    cluster.apply(revision)
    assert look() == {(OLD, "CloneSet default/db (revision 1)")}


def test_a_digest_without_our_host(cluster: Cluster, look: Looker) -> None:
    mirrored = f"mirror.corp.example/team/api@{digest(5)}"
    top, *_ = deployment("operator", API)
    top["spec"]["template"]["spec"]["containers"][0]["args"] = [mirrored]
    cluster.apply(top)
    assert (digest(5), "Deployment default/operator") in look()


def test_an_alias(cluster: Cluster, look: Looker) -> None:
    aliased = "harbor.example.com/ecr-proxy/team/api:1.0"
    bare = pod("p", API)
    bare["spec"]["containers"][0]["args"] = [f"--image={aliased}"]
    cluster.apply(bare)
    look.hosts = RegistryHosts({"harbor.example.com/ecr-proxy": RegistryId("1" * 12, "eu-west-1")})
    assert (aliased, "Pod default/p") in look()
