"""Builds pods, standalone or with an owner."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Unpack

from bot.playground.kubernetes.builders.pod_parts import (
    STARTED,
    Container,
    PodDefinition,
    PodOptions,
    build,
    containers,
    metadata,
    pod_definition,
    template,
)
from bot.playground.kubernetes.object_validation import Object

_NODE = "ip-10-0-1-17.eu-west-1.compute.internal"


def pod(
    name: str, image: str, *, ephemeral: Sequence[Container] = (), **options: Unpack[PodOptions]
) -> Object:
    """Builds a pod without an owner. `ephemeral`: containers added by `kubectl debug`.

    The pod is pending until its containers have an `image_id`.
    """
    built = pod_of(pod_definition(name, image, options), name)
    if ephemeral:
        built["spec"]["ephemeralContainers"] = containers(ephemeral)
        built["status"]["ephemeralContainerStatuses"] = [_status(each) for each in ephemeral]
    return built


def pod_of(
    definition: PodDefinition,
    name: str,
    owner: Object | None = None,
    *,
    done: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Object:
    """Builds a pod from its owner's template, with additional labels.

    `done`: the pod has completed, as pods of jobs do.
    """
    model = owner["spec"]["template"] if owner else template(definition)
    all_labels = model["metadata"]["labels"] | (labels or {})
    return build(
        "v1",
        "Pod",
        metadata(name, definition.namespace, labels=all_labels, owner=owner),
        spec={**model["spec"], "nodeName": _NODE, "serviceAccountName": "default"},
        status=_pod_status(definition, done=done),
    )


def _pod_status(definition: PodDefinition, *, done: bool) -> Object:
    statuses = [_status(each, done=done) for each in definition.containers]
    return {
        "phase": _phase(definition.containers, done=done),
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": STARTED}],
        "hostIP": "10.0.1.17",
        "startTime": STARTED,
        **(
            {"initContainerStatuses": [_status(each, done=True) for each in definition.init]}
            if definition.init
            else {}
        ),
        "containerStatuses": statuses,
        "qosClass": "BestEffort",
    }


def _phase(pod_containers: Iterable[Container], *, done: bool) -> str:
    if not all(container.image_id for container in pod_containers):
        return "Pending"
    return "Succeeded" if done else "Running"


def _status(container: Container, *, done: bool = False) -> Object:
    is_pulled = bool(container.image_id)
    running = is_pulled and not done
    return {
        "name": container.name,
        "state": _container_state(is_pulled=is_pulled, done=done),
        "lastState": {},
        "ready": running,
        "restartCount": 0,
        "image": container.image,
        "imageID": container.image_id,
        "started": running,
        **({"containerID": _container_id(container)} if is_pulled else {}),
    }


def _container_state(*, is_pulled: bool, done: bool) -> Object:
    if not is_pulled:
        return {"waiting": {"reason": "ContainerCreating"}}
    if not done:
        return {"running": {"startedAt": STARTED}}
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": STARTED, "finishedAt": STARTED}
    return {"terminated": ended}


def _container_id(container: Container) -> str:
    return f"containerd://{sha256(container.image_id.encode()).hexdigest()}"
