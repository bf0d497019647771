"""Built objects can be stored, and look like real objects."""

from typing import Any

import pytest
from lightkube import Client
from lightkube.resources.apps_v1 import (
    ControllerRevision,
    DaemonSet,
    Deployment,
    ReplicaSet,
    StatefulSet,
)
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Pod, PodTemplate, ReplicationController

from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import (
    Container,
    cron_job,
    daemon_set,
    deployment,
    job,
    pod,
    pod_template,
    replication_controller,
    stateful_set,
)

from .helpers import IMAGE_ID, REPO

REVISION = "deployment.kubernetes.io/revision"


def listed(kube: Client, kind: Any) -> list[Any]:
    return list(kube.list(kind, namespace="*"))


def only_image(template: Any) -> str:
    [container] = template.spec.containers
    image: str = container.image
    return image


def owner(thing: Any) -> tuple[str, str, bool]:
    [reference] = thing.metadata.ownerReferences
    return reference.kind, reference.uid, reference.controller


def test_a_deployment(cluster: Cluster, kube: Client) -> None:
    cluster.apply(
        *deployment("api", f"{REPO}:3", image_id=IMAGE_ID, revisions=[f"{REPO}:1", f"{REPO}:2"])
    )
    [top] = listed(kube, Deployment)
    sets = sorted(listed(kube, ReplicaSet), key=lambda each: each.metadata.annotations[REVISION])
    pods = listed(kube, Pod)

    assert (top.spec.replicas, only_image(top.spec.template)) == (2, f"{REPO}:3")
    assert top.metadata.annotations[REVISION] == "3"
    assert [only_image(each.spec.template) for each in sets] == [f"{REPO}:{n}" for n in (1, 2, 3)]
    assert [each.spec.replicas for each in sets] == [0, 0, 2]
    assert {owner(each) for each in sets} == {("Deployment", top.metadata.uid, True)}
    assert [owner(each) for each in pods] == [("ReplicaSet", sets[2].metadata.uid, True)] * 2
    assert sets[2].spec.selector.matchLabels.items() <= pods[0].metadata.labels.items()
    assert pods[0].status.containerStatuses[0].imageID == IMAGE_ID
    assert pods[0].status.phase == "Running"


def test_a_deployment_scaled_to_zero(cluster: Cluster, kube: Client) -> None:
    cluster.apply(*deployment("api", f"{REPO}:1", replicas=0))
    assert [each.spec.replicas for each in listed(kube, ReplicaSet)] == [0]
    assert not listed(kube, Pod)


@pytest.mark.parametrize(("build", "kind"), [(stateful_set, StatefulSet), (daemon_set, DaemonSet)])
def test_sets_with_a_history(cluster: Cluster, kube: Client, build: Any, kind: Any) -> None:
    cluster.apply(*build("db", f"{REPO}:2", image_id=IMAGE_ID, revisions=[f"{REPO}:1"]))
    [top] = listed(kube, kind)
    history = sorted(listed(kube, ControllerRevision), key=lambda each: each.revision)
    pods = listed(kube, Pod)

    templates = [each.data["spec"]["template"] for each in history]
    assert [each.revision for each in history] == [1, 2]
    assert [each["spec"]["containers"][0]["image"] for each in templates] == [
        f"{REPO}:1",
        f"{REPO}:2",
    ]
    assert {each["$patch"] for each in templates} == {"replace"}
    assert {owner(each) for each in (*history, *pods)} == {(kind.__name__, top.metadata.uid, True)}
    assert len(pods) == 2
    code = "controller-revision-hash"
    assert pods[0].metadata.labels[code] == history[1].metadata.labels[code]


def test_a_cron_job_that_ran_and_one_that_is_suspended(cluster: Cluster, kube: Client) -> None:
    cluster.apply(*cron_job("night", f"{REPO}:1", runs=2, image_id=IMAGE_ID))
    cluster.apply(*cron_job("never", f"{REPO}:1", runs=0, suspended=True))
    never, night = listed(kube, CronJob)
    jobs, pods = listed(kube, Job), listed(kube, Pod)

    assert (never.spec.suspend, night.spec.suspend) == (True, False)
    assert only_image(night.spec.jobTemplate.spec.template) == f"{REPO}:1"
    assert [owner(each) for each in jobs] == [("CronJob", night.metadata.uid, True)] * 2
    assert {owner(each)[1] for each in pods} == {each.metadata.uid for each in jobs}
    assert {each.status.phase for each in pods} == {"Succeeded"}


def test_a_running_job(cluster: Cluster, kube: Client) -> None:
    cluster.apply(*job("import", f"{REPO}:1", done=False, image_id=IMAGE_ID))
    [top], [one] = listed(kube, Job), listed(kube, Pod)
    assert (top.status.active, one.status.phase, one.spec.restartPolicy) == (1, "Running", "Never")


def test_older_kinds(cluster: Cluster, kube: Client) -> None:
    cluster.apply(pod_template("model", f"{REPO}:1"), *replication_controller("old", f"{REPO}:2"))
    [model], [old], [one] = (
        listed(kube, kind) for kind in (PodTemplate, ReplicationController, Pod)
    )
    assert only_image(model.template) == f"{REPO}:1"
    assert owner(one) == ("ReplicationController", old.metadata.uid, True)


def test_a_pod_with_all_kinds_of_containers(cluster: Cluster, kube: Client) -> None:
    cluster.apply(
        pod(
            "bare",
            f"{REPO}:1",
            image_id=IMAGE_ID,
            namespace="team",
            init=[Container("migrate:1", "migrate@sha256:2", "migrate")],
            sidecars=[Container("proxy", "proxy@sha256:3", "proxy")],
            ephemeral=[Container("busybox", "busybox@sha256:4", "debugger")],
        )
    )
    [one] = listed(kube, Pod)
    statuses = one.status.containerStatuses
    assert one.metadata.namespace == "team"
    assert [each.imagePullPolicy for each in one.spec.containers] == ["IfNotPresent", "Always"]
    assert [each.imageID for each in statuses] == [IMAGE_ID, "proxy@sha256:3"]
    assert all(each.state.running for each in statuses)
    assert one.status.initContainerStatuses[0].state.terminated.exitCode == 0
    assert one.status.ephemeralContainerStatuses[0].imageID == "busybox@sha256:4"
    assert one.spec.ephemeralContainers[0].name == "debugger"
    assert not one.metadata.ownerReferences


def test_a_pod_is_pending_until_its_images_are_pulled(cluster: Cluster, kube: Client) -> None:
    cluster.apply(pod("new", f"{REPO}:1"))
    [one] = listed(kube, Pod)
    assert one.status.phase == "Pending"
    assert one.status.containerStatuses[0].imageID == ""
    assert one.status.containerStatuses[0].state.waiting.reason == "ContainerCreating"
