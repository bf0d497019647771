"""Pods, bare or as a controller makes them."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Unpack

from bot.playground.kubernetes.builders.parts import (
    STARTED,
    Beside,
    Container,
    Shape,
    build,
    containers,
    metadata,
    shape,
    template,
)
from bot.playground.kubernetes.objects import Object

_NODE = "ip-10-0-1-17.eu-west-1.compute.internal"


def pod(
    name: str, image: str, *, ephemeral: Sequence[Container] = (), **beside: Unpack[Beside]
) -> Object:
    """A pod of nobody, with what `kubectl debug` put into it.

    It is pending until its first container has an `image_id`.
    """
    made = pod_of(shape(name, image, beside), name)
    if ephemeral:
        made["spec"]["ephemeralContainers"] = containers(ephemeral)
        made["status"]["ephemeralContainerStatuses"] = [_status(each) for each in ephemeral]
    return made


def pod_of(
    shape: Shape,
    name: str,
    owner: Object | None = None,
    *,
    done: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Object:
    """A pod by its owner's template, and with more labels.

    `done` is one that came to its end, as those of jobs do.
    """
    model = owner["spec"]["template"] if owner else template(shape)
    all_labels = model["metadata"]["labels"] | (labels or {})
    return build(
        "v1",
        "Pod",
        metadata(name, shape.namespace, labels=all_labels, owner=owner),
        spec={**model["spec"], "nodeName": _NODE, "serviceAccountName": "default"},
        status=_pod_status(shape, done=done),
    )


def _pod_status(shape: Shape, *, done: bool) -> Object:
    statuses = [_status(each, done=done) for each in shape.containers]
    return {
        "phase": _phase(shape.containers, done=done),
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": STARTED}],
        "hostIP": "10.0.1.17",
        "startTime": STARTED,
        **(
            {"initContainerStatuses": [_status(each, done=True) for each in shape.init]}
            if shape.init
            else {}
        ),
        "containerStatuses": statuses,
        "qosClass": "BestEffort",
    }


def _phase(them: Iterable[Container], *, done: bool) -> str:
    if not all(container.image_id for container in them):
        return "Pending"
    return "Succeeded" if done else "Running"


def _status(container: Container, *, done: bool = False) -> Object:
    there = bool(container.image_id)
    running = there and not done
    return {
        "name": container.name,
        "state": _container_state(there=there, done=done),
        "lastState": {},
        "ready": running,
        "restartCount": 0,
        "image": container.image,
        "imageID": container.image_id,
        "started": running,
        **({"containerID": _container_id(container)} if there else {}),
    }


def _container_state(*, there: bool, done: bool) -> Object:
    if not there:
        return {"waiting": {"reason": "ContainerCreating"}}
    if not done:
        return {"running": {"startedAt": STARTED}}
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": STARTED, "finishedAt": STARTED}
    return {"terminated": ended}


def _container_id(container: Container) -> str:
    return f"containerd://{sha256(container.image_id.encode()).hexdigest()}"
