from datetime import datetime
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import TagRunner
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
from bot.playground.kubernetes.builders.pod_parts import STARTED
from tests.usage.aws_support import digest, image
from tests.usage.kubernetes.conftest import ClusterScan

API, OLD, OLDER = image("team/api", "3"), image("team/api", "2"), image("team/api", "1")
RUNS = f"{image('team/api', '3').partition(':')[0]}@{digest(3)}"


VIRTUAL_MACHINE = {"spec": {"template": {"spec": {"domain": {"cpu": {"cores": 2}}}}}}


def test_an_empty_cluster(scan: ClusterScan) -> None:
    assert scan() == set()


def test_a_deployment_and_what_its_pods_run(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*deployment("api", API, namespace="shop", image_id=RUNS))
    assert scan() == {(API, "Deployment shop/api"), (RUNS, "Deployment shop/api")}


def test_a_deployment_that_is_scaled_to_zero(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*deployment("api", API, replicas=0))
    assert scan() == {(API, "Deployment default/api (scaled to zero)")}


def test_revisions_that_a_deployment_can_be_rolled_back_to(
    cluster: Cluster, scan: ClusterScan
) -> None:
    cluster.apply(*deployment("api", API, revisions=[OLDER, OLD]))
    assert scan() == {
        (API, "Deployment default/api"),
        (OLD, "Deployment default/api (revision 2)"),
        (OLDER, "Deployment default/api (revision 1)"),
    }


def test_a_pod_of_an_older_revision_is_named_as_running(
    cluster: Cluster, scan: ClusterScan
) -> None:
    top, old_set, *_ = deployment("api", API, revisions=[OLD])
    _, newest, leftover, _ = deployment("api", OLD)
    leftover["metadata"]["ownerReferences"][0]["name"] = old_set["metadata"]["name"]
    cluster.apply(top, old_set, leftover)
    assert (OLD, "Deployment default/api") in scan()
    assert newest["kind"] == "ReplicaSet"


@pytest.mark.parametrize(
    ("make", "kind"), [(stateful_set, "StatefulSet"), (daemon_set, "DaemonSet")]
)
def test_older_controller_revisions(cluster: Cluster, scan: ClusterScan, make, kind: str) -> None:  # type: ignore[no-untyped-def]
    cluster.apply(*make("db", API, revisions=[OLD], image_id=RUNS))
    assert scan() == {
        (API, f"{kind} default/db"),
        (RUNS, f"{kind} default/db"),
        (OLD, f"{kind} default/db (revision 1)"),
    }


def test_cron_jobs_also_when_suspended(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*cron_job("nightly", API), *cron_job("yearly", OLD, suspended=True))
    assert {
        (API, "CronJob default/nightly"),
        (OLD, "CronJob default/yearly (suspended)"),
    } <= scan()


def test_jobs_with_and_without_a_cron_job(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*cron_job("nightly", API, image_id=RUNS), *job("once", OLD))
    assert scan() == {
        (API, "CronJob default/nightly"),
        (RUNS, "CronJob default/nightly"),
        (OLD, "Job default/once"),
    }


def test_pod_templates_and_replication_controllers(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(pod_template("shape", API), *replication_controller("old", OLD, replicas=0))
    assert scan() == {
        (API, "PodTemplate default/shape"),
        (OLD, "ReplicationController default/old (scaled to zero)"),
    }


def test_all_containers_of_a_standalone_pod(cluster: Cluster, scan: ClusterScan) -> None:
    init, side = image("team/init"), image("team/side")
    debug = image("team/debug")
    cluster.apply(
        pod(
            "p",
            API,
            init=[Container(init, f"{init.partition(':')[0]}@{digest(7)}", "init")],
            sidecars=[Container(side, name="side")],
            ephemeral=[Container(debug, f"{debug.partition(':')[0]}@{digest(8)}", "debug")],
        )
    )
    assert scan() == {
        (name, "Pod default/p")
        for name in (
            API,
            init,
            side,
            debug,
            f"{init.partition(':')[0]}@{digest(7)}",
            f"{debug.partition(':')[0]}@{digest(8)}",
        )
    }


def test_an_image_that_is_mounted_as_a_volume(cluster: Cluster, scan: ClusterScan) -> None:
    bare = pod("p", API)
    bare["spec"]["volumes"] = [
        {"name": "model", "image": {"reference": OLD, "pullPolicy": "Always"}},
        {"name": "tmp", "emptyDir": {}},
    ]
    bare["status"]["containerStatuses"][0]["volumeMounts"] = [
        {"name": "model", "mountPath": "/m", "volumeStatus": {"image": {"imageRef": RUNS}}},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    cluster.apply(bare)
    assert {(OLD, "Pod default/p"), (RUNS, "Pod default/p")} <= scan()


def mounting(reference: str, image_ref: str | None = None, **status: Any) -> dict[str, Any]:
    """Builds a pod that mounts an image as a volume."""
    made = pod("p", API, image_id=RUNS)
    made["spec"]["volumes"] = [
        {"name": "model", "image": {"reference": reference}},
        {"name": "tmp", "emptyDir": {}},
    ]
    mount: dict[str, Any] = {"name": "model", "mountPath": "/m"}
    if image_ref is not None:
        mount["volumeStatus"] = {"image": {"imageRef": image_ref}}
    made["status"]["containerStatuses"][0]["volumeMounts"] = [mount]
    made["status"] |= status
    return made


def unresolved(scan: ClusterScan) -> list[tuple[str, datetime]]:
    found = [s for s in scan.image_uses() if s.unresolved]
    assert {s.used_by for s in found} <= {"Kubernetes prod: Pod default/p"}
    assert {s.unresolved.runner for s in found if s.unresolved} <= {TagRunner.POD_VOLUME}
    return [(s.image, s.unresolved.since) for s in found if s.unresolved]


@pytest.mark.parametrize("image_ref", [None, "", digest(9), "model"])
def test_an_image_volume_without_digest_is_unresolved_since_the_pod_started(
    cluster: Cluster, scan: ClusterScan, image_ref: str | None
) -> None:
    cluster.apply(mounting(OLD, image_ref))
    assert unresolved(scan) == [(OLD, datetime.fromisoformat(STARTED))]


def test_an_unscheduled_pod_counts_from_its_creation(cluster: Cluster, scan: ClusterScan) -> None:
    waiting = mounting(OLD)
    del waiting["status"]["startTime"]
    waiting["metadata"]["creationTimestamp"] = "2026-01-04T08:00:00Z"
    cluster.apply(waiting)
    assert unresolved(scan) == [(OLD, datetime.fromisoformat("2026-01-04T08:00:00Z"))]


@pytest.mark.parametrize("scheme", ["", "docker-pullable://"])
def test_an_image_volume_with_digest(cluster: Cluster, scan: ClusterScan, scheme: str) -> None:
    mounted = RUNS.replace(digest(3), digest(7))
    cluster.apply(mounting(OLD, f"{scheme}{mounted}"))
    assert unresolved(scan) == []
    assert (mounted, "Pod default/p") in scan()


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_completed_pod_mounts_no_image(cluster: Cluster, scan: ClusterScan, phase: str) -> None:
    cluster.apply(mounting(OLD, phase=phase))
    assert unresolved(scan) == []
    assert (OLD, "Pod default/p") in scan()


def test_an_invalid_revision_is_named(cluster: Cluster, scan: ClusterScan) -> None:
    revision = next(o for o in stateful_set("db", API) if o["kind"] == "ControllerRevision")
    revision["data"] = {"spec": {}}
    cluster.apply(revision)
    with pytest.raises(ServiceError, match=r"ControllerRevision default/db-.* has an invalid"):
        scan()


def test_a_template_without_an_image(cluster: Cluster, scan: ClusterScan) -> None:
    objects = deployment("api", API, replicas=0)
    for each in objects:
        del each["spec"]["template"]["spec"]["containers"][0]["image"]
    cluster.apply(*objects)
    assert scan() == set()


def test_revisions_of_other_controllers_with_a_template(
    cluster: Cluster, scan: ClusterScan
) -> None:
    revision = next(o for o in stateful_set("db", API) if o["kind"] == "ControllerRevision")
    revision["metadata"]["ownerReferences"][0]["kind"] = "CloneSet"
    cluster.apply(revision)
    kept: list[Any] = [{"spec": {"cpu": 2}}, VIRTUAL_MACHINE, None, []]
    for number, data in enumerate(kept):
        cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {"name": f"vm{number}", "namespace": "default"},
                "revision": 1,
                "data": data,
            }
        )
    assert scan() == {(API, "CloneSet default/db (revision 1)")}


def test_owners_in_a_circle(cluster: Cluster, scan: ClusterScan) -> None:
    (task, *_) = job("a", API)
    task["metadata"]["ownerReferences"] = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": "a", "uid": "1", "controller": True}
    ]
    cluster.apply(task)
    assert scan() == {(API, "Job default/a")}


def test_the_same_name_in_two_namespaces(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(
        *deployment("api", API, namespace="a", replicas=0),
        *deployment("api", API, namespace="b", replicas=0),
    )
    assert {who for _, who in scan()} == {
        "Deployment a/api (scaled to zero)",
        "Deployment b/api (scaled to zero)",
    }


def test_lists_are_read_page_by_page(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.apply(*(pod(f"p{number:04}", image("team/api", str(number))) for number in range(1201)))
    assert len(scan()) == 1201
    assert cluster.calls.count("GET /api/v1/pods") == 3
    assert cluster.calls.count("GET /apis/apps/v1/deployments") == 1
    assert len(cluster.calls) == 3 + 9
