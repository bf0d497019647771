"""Builds Deployments with ReplicaSets and pods, ReplicationControllers, and PodTemplates."""

from collections.abc import Sequence
from typing import Unpack

from bot.playground.kubernetes.builders.pod_parts import (
    PodDefinition,
    PodOptions,
    build,
    metadata,
    pod_definition,
    selector,
    suffix,
    template,
)
from bot.playground.kubernetes.builders.pods import pod_of
from bot.playground.kubernetes.object_validation import Object

REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"


def deployment(
    name: str,
    image: str,
    *,
    replicas: int = 2,
    revisions: Sequence[str] = (),
    **options: Unpack[PodOptions],
) -> list[Object]:
    """Builds the Deployment, a ReplicaSet for each revision, and the pods of the newest one.

    `revisions`: the images of earlier revisions, oldest first.
    """
    definition = pod_definition(name, image, options)
    newest = len(revisions) + 1
    top = build(
        "apps/v1",
        "Deployment",
        metadata(
            name,
            definition.namespace,
            labels=definition.labels,
            annotations={REVISION: str(newest)},
        ),
        spec={
            "replicas": replicas,
            "selector": selector(definition),
            "template": template(definition),
            "strategy": {"type": "RollingUpdate"},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        status={"observedGeneration": newest, "replicas": replicas, "updatedReplicas": replicas},
    )
    older = [
        _replica_set(top, definition.with_image(old), number, replicas=0)
        for number, old in enumerate(revisions, start=1)
    ]
    current = _replica_set(top, definition, newest, replicas)
    return [top, *older, current, *_pods(definition, current, replicas)]


def replication_controller(
    name: str, image: str, *, replicas: int = 1, **options: Unpack[PodOptions]
) -> list[Object]:
    definition = pod_definition(name, image, options)
    top = build(
        "v1",
        "ReplicationController",
        metadata(name, definition.namespace, labels=definition.labels),
        spec={
            "replicas": replicas,
            "selector": definition.labels,
            "template": template(definition),
        },
        status={"replicas": replicas},
    )
    return [top, *_pods(definition, top, replicas)]


def pod_template(name: str, image: str, **options: Unpack[PodOptions]) -> Object:
    definition = pod_definition(name, image, options)
    object_metadata = metadata(name, definition.namespace)
    return build("v1", "PodTemplate", object_metadata, template=template(definition))


def _replica_set(owner: Object, definition: PodDefinition, revision: int, replicas: int) -> Object:
    code = suffix(f"{definition} {revision}", 9)
    wanted = str(owner["spec"]["replicas"])
    annotations = {
        REVISION: str(revision),
        "deployment.kubernetes.io/desired-replicas": wanted,
        "deployment.kubernetes.io/max-replicas": wanted,
    }
    labels = definition.labels | {_HASH: code}
    return build(
        "apps/v1",
        "ReplicaSet",
        metadata(
            f"{definition.name}-{code}",
            definition.namespace,
            labels=labels,
            annotations=annotations,
            owner=owner,
        ),
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template(definition, **{_HASH: code}),
        },
        status={"replicas": replicas},
    )


def _pods(definition: PodDefinition, owner: Object, replicas: int) -> list[Object]:
    name = owner["metadata"]["name"]
    return [
        pod_of(definition, f"{name}-{suffix(f'{name} {number}', 5)}", owner)
        for number in range(replicas)
    ]
