"""StatefulSets and DaemonSets, with their ControllerRevisions and pods.

What a ControllerRevision holds is told by kubernetes' pkg/controller/history and getPatch of
pkg/controller/daemon/update.go and pkg/controller/statefulset/stateful_set_utils.go.
"""

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

_HASH = "controller-revision-hash"


def stateful_set(
    name: str,
    image: str,
    *,
    replicas: int = 2,
    revisions: Sequence[str] = (),
    **beside: Unpack[Beside],
) -> list[Object]:
    """`revisions` are the images that it ran before, oldest first."""
    made = shape(name, image, beside)
    top = build(
        "apps/v1",
        "StatefulSet",
        metadata(name, made.namespace, labels=made.labels),
        spec={
            "replicas": replicas,
            "selector": selector(made),
            "template": template(made),
            "serviceName": name,
            "podManagementPolicy": "OrderedReady",
            "revisionHistoryLimit": 10,
        },
        status={"replicas": replicas, "readyReplicas": replicas},
    )
    history = _history(top, made, revisions)
    names = [f"{name}-{number}" for number in range(replicas)]
    return [top, *history, *_pods(made, top, history[-1], names)]


def daemon_set(
    name: str,
    image: str,
    *,
    nodes: int = 2,
    revisions: Sequence[str] = (),
    **beside: Unpack[Beside],
) -> list[Object]:
    """`revisions` are the images that it ran before, oldest first."""
    made = shape(name, image, beside)
    top = build(
        "apps/v1",
        "DaemonSet",
        metadata(name, made.namespace, labels=made.labels),
        spec={
            "selector": selector(made),
            "template": template(made),
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
    history = _history(top, made, revisions)
    names = [f"{name}-{suffix(f'{name} {number}', 5)}" for number in range(nodes)]
    return [top, *history, *_pods(made, top, history[-1], names)]


def _history(owner: Object, made: Shape, revisions: Sequence[str]) -> list[Object]:
    shapes = [*map(made.with_image, revisions), made]
    return [_revision(owner, each, number) for number, each in enumerate(shapes, start=1)]


def _revision(owner: Object, made: Shape, number: int) -> Object:
    code = suffix(f"{owner['kind']} {made} {number}", 10)
    about = metadata(
        f"{made.name}-{code}", made.namespace, labels=made.labels | {_HASH: code}, owner=owner
    )
    data = {"spec": {"template": {**template(made), "$patch": "replace"}}}
    return build("apps/v1", "ControllerRevision", about, data=data, revision=number)


def _pods(made: Shape, owner: Object, revision: Object, names: Sequence[str]) -> list[Object]:
    labels = {_HASH: revision["metadata"]["labels"][_HASH]}
    return [pod_of(made, name, owner, labels=labels) for name in names]
