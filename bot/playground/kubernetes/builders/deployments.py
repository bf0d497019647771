"""Deployments with their ReplicaSets and pods; ReplicationControllers; PodTemplates."""

from collections.abc import Sequence
from typing import Unpack

from bot.playground.kubernetes.builders.parts import (
    Beside,
    Shape,
    build,
    metadata,
    selector,
    shape,
    suffix,
    template,
)
from bot.playground.kubernetes.builders.pods import pod_of
from bot.playground.kubernetes.objects import Object

REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"


def deployment(
    name: str,
    image: str,
    *,
    replicas: int = 2,
    revisions: Sequence[str] = (),
    **beside: Unpack[Beside],
) -> list[Object]:
    """The Deployment, a ReplicaSet of every revision, and the pods of the newest.

    `revisions` are the images that it ran before, oldest first.
    """
    made = shape(name, image, beside)
    newest = len(revisions) + 1
    top = build(
        "apps/v1",
        "Deployment",
        metadata(name, made.namespace, labels=made.labels, annotations={REVISION: str(newest)}),
        spec={
            "replicas": replicas,
            "selector": selector(made),
            "template": template(made),
            "strategy": {"type": "RollingUpdate"},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        status={"observedGeneration": newest, "replicas": replicas, "updatedReplicas": replicas},
    )
    older = [
        _replica_set(top, made.with_image(old), number, replicas=0)
        for number, old in enumerate(revisions, start=1)
    ]
    current = _replica_set(top, made, newest, replicas)
    return [top, *older, current, *_pods(made, current, replicas)]


def replication_controller(
    name: str, image: str, *, replicas: int = 1, **beside: Unpack[Beside]
) -> list[Object]:
    made = shape(name, image, beside)
    top = build(
        "v1",
        "ReplicationController",
        metadata(name, made.namespace, labels=made.labels),
        spec={"replicas": replicas, "selector": made.labels, "template": template(made)},
        status={"replicas": replicas},
    )
    return [top, *_pods(made, top, replicas)]


def pod_template(name: str, image: str, **beside: Unpack[Beside]) -> Object:
    made = shape(name, image, beside)
    about = metadata(name, made.namespace)
    return build("v1", "PodTemplate", about, template=template(made))


def _replica_set(owner: Object, made: Shape, revision: int, replicas: int) -> Object:
    code = suffix(f"{made} {revision}", 9)
    wanted = str(owner["spec"]["replicas"])
    annotations = {
        REVISION: str(revision),
        "deployment.kubernetes.io/desired-replicas": wanted,
        "deployment.kubernetes.io/max-replicas": wanted,
    }
    labels = made.labels | {_HASH: code}
    return build(
        "apps/v1",
        "ReplicaSet",
        metadata(
            f"{made.name}-{code}",
            made.namespace,
            labels=labels,
            annotations=annotations,
            owner=owner,
        ),
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template(made, **{_HASH: code}),
        },
        status={"replicas": replicas},
    )


def _pods(made: Shape, owner: Object, replicas: int) -> list[Object]:
    name = owner["metadata"]["name"]
    return [
        pod_of(made, f"{name}-{suffix(f'{name} {number}', 5)}", owner) for number in range(replicas)
    ]
