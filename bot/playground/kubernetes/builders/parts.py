"""What all builders share: metadata, owners, containers and templates, as controllers fill them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, uuid5

from bot.playground.kubernetes.objects import Object

STARTED = "2026-01-05T08:00:00Z"
"""When all that was built began to run."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Container:
    """`image_id` as the kubelet reports it, `repo@sha256:…`; empty until the image is there."""

    image: str
    image_id: str = ""
    name: str = "app"


class Beside(TypedDict, total=False):
    """What a pod has besides its first container."""

    namespace: str
    image_id: str
    init: Sequence[Container]
    sidecars: Sequence[Container]


@dataclass(frozen=True)
class Shape:
    """The containers of a pod, before there is one."""

    name: str
    namespace: str
    containers: tuple[Container, ...]
    init: tuple[Container, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.name}

    def with_image(self, image: str) -> "Shape":
        """The same with another image in its first container, not pulled."""
        first, *others = self.containers
        containers = (Container(image, name=first.name), *others)
        return Shape(self.name, self.namespace, containers, self.init)


def shape(name: str, image: str, beside: Beside) -> Shape:
    first = Container(image, beside.get("image_id", ""))
    return Shape(
        name,
        beside.get("namespace", "default"),
        (first, *beside.get("sidecars", ())),
        tuple(beside.get("init", ())),
    )


def build(api_version: str, kind: str, metadata: Mapping[str, Any], **members: Any) -> Object:
    """An object with a uid, so that others can name it as their owner before it is stored."""
    name, namespace = metadata["name"], metadata["namespace"]
    uid = str(uuid5(NAMESPACE_URL, f"{api_version}/{kind}/{namespace}/{name}"))
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {**metadata, "uid": uid, "creationTimestamp": STARTED},
        **members,
    }


def metadata(
    name: str,
    namespace: str,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: Object | None = None,
) -> Object:
    return {
        "name": name,
        "namespace": namespace,
        **({"labels": dict(labels)} if labels else {}),
        **({"annotations": dict(annotations)} if annotations else {}),
        **({"ownerReferences": [_owned_by(owner)]} if owner else {}),
    }


def template(shape: Shape, restart: str = "Always", **labels: str) -> Object:
    return {
        "metadata": {"creationTimestamp": None, "labels": shape.labels | labels},
        "spec": pod_spec(shape, restart),
    }


def pod_spec(shape: Shape, restart: str = "Always") -> Object:
    return {
        **({"initContainers": containers(shape.init)} if shape.init else {}),
        "containers": containers(shape.containers),
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }


def containers(them: Iterable[Container]) -> list[Object]:
    return [
        {
            "name": container.name,
            "image": container.image,
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": _pull_policy(container.image),
        }
        for container in them
    ]


def selector(shape: Shape) -> Object:
    return {"matchLabels": shape.labels}


def suffix(of: str, length: int) -> str:
    """Letters as controllers put user_of names; every run repeats them."""
    digest = hashlib.sha256(of.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])


def _owned_by(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _pull_policy(image: str) -> str:
    """The API server's default: always for `latest`, named or not."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") and "@" not in image else "IfNotPresent"
