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
from tests.usage.kubernetes.conftest import Looker

API, OLD, OLDER = image("team/api", "3"), image("team/api", "2"), image("team/api", "1")
RUNS = f"{image('team/api', '3').partition(':')[0]}@{digest(3)}"


VIRTUAL_MACHINE = {"spec": {"template": {"spec": {"domain": {"cpu": {"cores": 2}}}}}}


def test_an_empty_cluster(look: Looker) -> None:
    assert look() == set()


def test_a_deployment_and_what_its_pods_run(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*deployment("api", API, namespace="shop", image_id=RUNS))
    assert look() == {(API, "Deployment shop/api"), (RUNS, "Deployment shop/api")}


def test_a_deployment_that_is_scaled_to_zero(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*deployment("api", API, replicas=0))
    assert look() == {(API, "Deployment default/api (scaled to zero)")}


def test_revisions_that_a_deployment_can_be_rolled_back_to(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*deployment("api", API, revisions=[OLDER, OLD]))
    assert look() == {
        (API, "Deployment default/api"),
        (OLD, "Deployment default/api (revision 2)"),
        (OLDER, "Deployment default/api (revision 1)"),
    }


def test_a_pod_of_an_older_revision_is_named_as_running(cluster: Cluster, look: Looker) -> None:
    top, old_set, *_ = deployment("api", API, revisions=[OLD])
    _, newest, leftover, _ = deployment("api", OLD)
    leftover["metadata"]["ownerReferences"][0]["name"] = old_set["metadata"]["name"]
    cluster.apply(top, old_set, leftover)
    assert (OLD, "Deployment default/api") in look()
    assert newest["kind"] == "ReplicaSet"


@pytest.mark.parametrize(
    ("make", "kind"), [(stateful_set, "StatefulSet"), (daemon_set, "DaemonSet")]
)
def test_older_controller_revisions(cluster: Cluster, look: Looker, make, kind: str) -> None:  # type: ignore[no-untyped-def]
    cluster.apply(*make("db", API, revisions=[OLD], image_id=RUNS))
    assert look() == {
        (API, f"{kind} default/db"),
        (RUNS, f"{kind} default/db"),
        (OLD, f"{kind} default/db (revision 1)"),
    }


def test_cron_jobs_also_when_suspended(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*cron_job("nightly", API), *cron_job("yearly", OLD, suspended=True))
    assert {
        (API, "CronJob default/nightly"),
        (OLD, "CronJob default/yearly (suspended)"),
    } <= look()


def test_jobs_of_a_cron_job_and_of_nobody(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*cron_job("nightly", API, image_id=RUNS), *job("once", OLD))
    assert look() == {
        (API, "CronJob default/nightly"),
        (RUNS, "CronJob default/nightly"),
        (OLD, "Job default/once"),
    }


def test_pod_templates_and_replication_controllers(cluster: Cluster, look: Looker) -> None:
    cluster.apply(pod_template("shape", API), *replication_controller("old", OLD, replicas=0))
    assert look() == {
        (API, "PodTemplate default/shape"),
        (OLD, "ReplicationController default/old (scaled to zero)"),
    }


def test_init_sidecar_and_ephemeral_containers_of_a_bare_pod(
    cluster: Cluster, look: Looker
) -> None:
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
    assert look() == {
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


def test_an_image_that_is_mounted_as_a_volume(cluster: Cluster, look: Looker) -> None:
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
    assert {(OLD, "Pod default/p"), (RUNS, "Pod default/p")} <= look()


def mounting(reference: str, image_ref: str | None = None, **status: Any) -> dict[str, Any]:
    """A pod that mounts an image as a volume."""
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


def unresolved(look: Looker) -> list[tuple[str, datetime]]:
    found = [s for s in look.sightings() if s.unresolved]
    assert {s.used_by for s in found} <= {"Kubernetes prod: Pod default/p"}
    assert {s.unresolved.runner for s in found if s.unresolved} <= {TagRunner.POD_VOLUME}
    return [(s.image, s.unresolved.since) for s in found if s.unresolved]


@pytest.mark.parametrize("image_ref", [None, "", digest(9), "model"])
def test_a_volume_whose_digest_is_not_told_is_what_its_tag_named_since_the_pod_started(
    cluster: Cluster, look: Looker, image_ref: str | None
) -> None:
    cluster.apply(mounting(OLD, image_ref))
    assert unresolved(look) == [(OLD, datetime.fromisoformat(STARTED))]


def test_a_pod_that_no_kubelet_took_on_counts_from_when_it_was_made(
    cluster: Cluster, look: Looker
) -> None:
    waiting = mounting(OLD)
    del waiting["status"]["startTime"]
    waiting["metadata"]["creationTimestamp"] = "2026-01-04T08:00:00Z"
    cluster.apply(waiting)
    assert unresolved(look) == [(OLD, datetime.fromisoformat("2026-01-04T08:00:00Z"))]


@pytest.mark.parametrize("scheme", ["", "docker-pullable://"])
def test_a_volume_whose_digest_is_told_is_that(cluster: Cluster, look: Looker, scheme: str) -> None:
    mounted = RUNS.replace(digest(3), digest(7))
    cluster.apply(mounting(OLD, f"{scheme}{mounted}"))
    assert unresolved(look) == []
    assert (mounted, "Pod default/p") in look()


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_mounts_nothing_any_more(
    cluster: Cluster, look: Looker, phase: str
) -> None:
    cluster.apply(mounting(OLD, phase=phase))
    assert unresolved(look) == []
    assert (OLD, "Pod default/p") in look()


def test_a_revision_that_cannot_be_understood_is_named(cluster: Cluster, look: Looker) -> None:
    revision = next(o for o in stateful_set("db", API) if o["kind"] == "ControllerRevision")
    revision["data"] = {"spec": {}}
    cluster.apply(revision)
    with pytest.raises(ServiceError, match=r"ControllerRevision default/db-.* has an invalid"):
        look()


def test_a_template_that_leaves_the_image_open(cluster: Cluster, look: Looker) -> None:
    objects = deployment("api", API, replicas=0)
    for each in objects:
        del each["spec"]["template"]["spec"]["containers"][0]["image"]
    cluster.apply(*objects)
    assert look() == set()


def test_revisions_that_others_keep_count_if_they_hold_a_template(
    cluster: Cluster, look: Looker
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
    assert look() == {(API, "CloneSet default/db (revision 1)")}


def test_owners_in_a_circle(cluster: Cluster, look: Looker) -> None:
    (task, *_) = job("a", API)
    task["metadata"]["ownerReferences"] = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": "a", "uid": "1", "controller": True}
    ]
    cluster.apply(task)
    assert look() == {(API, "Job default/a")}


def test_namesakes_in_two_namespaces(cluster: Cluster, look: Looker) -> None:
    cluster.apply(
        *deployment("api", API, namespace="a", replicas=0),
        *deployment("api", API, namespace="b", replicas=0),
    )
    assert {who for _, who in look()} == {
        "Deployment a/api (scaled to zero)",
        "Deployment b/api (scaled to zero)",
    }


def test_lists_are_read_page_by_page(cluster: Cluster, look: Looker) -> None:
    cluster.apply(*(pod(f"p{number:04}", image("team/api", str(number))) for number in range(1201)))
    assert len(look()) == 1201
    assert cluster.calls.count("GET /api/v1/pods") == 3
    assert cluster.calls.count("GET /apis/apps/v1/deployments") == 1
    assert len(cluster.calls) == 3 + 9
