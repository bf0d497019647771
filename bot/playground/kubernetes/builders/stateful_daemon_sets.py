"""Builds StatefulSets and DaemonSets with their ControllerRevisions and pods.

The content of ControllerRevisions is from Kubernetes' pkg/controller/history, and from getPatch in
pkg/controller/daemon/update.go and pkg/controller/statefulset/stateful_set_utils.go.
"""

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

_HASH = "controller-revision-hash"


def stateful_set(
    name: str,
    image: str,
    *,
    replicas: int = 2,
    revisions: Sequence[str] = (),
    **options: Unpack[PodOptions],
) -> list[Object]:
    """`revisions`: the images of earlier revisions, oldest first."""
    definition = pod_definition(name, image, options)
    top = build(
        "apps/v1",
        "StatefulSet",
        metadata(name, definition.namespace, labels=definition.labels),
        spec={
            "replicas": replicas,
            "selector": selector(definition),
            "template": template(definition),
            "serviceName": name,
            "podManagementPolicy": "OrderedReady",
            "revisionHistoryLimit": 10,
        },
        status={"replicas": replicas, "readyReplicas": replicas},
    )
    history = _history(top, definition, revisions)
    names = [f"{name}-{number}" for number in range(replicas)]
    return [top, *history, *_pods(definition, top, history[-1], names)]


def daemon_set(
    name: str,
    image: str,
    *,
    nodes: int = 2,
    revisions: Sequence[str] = (),
    **options: Unpack[PodOptions],
) -> list[Object]:
    """`revisions`: the images of earlier revisions, oldest first."""
    definition = pod_definition(name, image, options)
    top = build(
        "apps/v1",
        "DaemonSet",
        metadata(name, definition.namespace, labels=definition.labels),
        spec={
            "selector": selector(definition),
            "template": template(definition),
            "updateStrategy": {"type": "RollingUpdate"},
            "revisionHistoryLimit": 10,
        },
        status={
            "currentNumberScheduled": nodes,
            "desiredNumberScheduled": nodes,
            "numberMisscheduled": 0,
            "numberReady": nodes,
        },
    )
    history = _history(top, definition, revisions)
    names = [f"{name}-{suffix(f'{name} {number}', 5)}" for number in range(nodes)]
    return [top, *history, *_pods(definition, top, history[-1], names)]


def _history(owner: Object, definition: PodDefinition, revisions: Sequence[str]) -> list[Object]:
    shapes = [*map(definition.with_image, revisions), definition]
    return [_revision(owner, each, number) for number, each in enumerate(shapes, start=1)]


def _revision(owner: Object, definition: PodDefinition, number: int) -> Object:
    code = suffix(f"{owner['kind']} {definition} {number}", 10)
    object_metadata = metadata(
        f"{definition.name}-{code}",
        definition.namespace,
        labels=definition.labels | {_HASH: code},
        owner=owner,
    )
    data = {"spec": {"template": {**template(definition), "$patch": "replace"}}}
    return build("apps/v1", "ControllerRevision", object_metadata, data=data, revision=number)


def _pods(
    definition: PodDefinition, owner: Object, revision: Object, names: Sequence[str]
) -> list[Object]:
    labels = {_HASH: revision["metadata"]["labels"][_HASH]}
    return [pod_of(definition, name, owner, labels=labels) for name in names]
