"""Shared by all builders: metadata, owners, containers and templates, as controllers fill them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, uuid5

from bot.playground.kubernetes.object_validation import Object

STARTED = "2026-01-05T08:00:00Z"
"""Creation and start time of all objects."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Container:
    """`image_id` as the kubelet reports it, `repo@sha256:…`; empty until the image is pulled."""

    image: str
    image_id: str = ""
    name: str = "app"


class PodOptions(TypedDict, total=False):
    """Options of a pod in addition to its first container."""

    namespace: str
    image_id: str
    init: Sequence[Container]
    sidecars: Sequence[Container]


@dataclass(frozen=True)
class PodDefinition:
    """Name, namespace and containers of a pod to build."""

    name: str
    namespace: str
    containers: tuple[Container, ...]
    init: tuple[Container, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.name}

    def with_image(self, image: str) -> "PodDefinition":
        """Returns a copy with another, unpulled image in the first container."""
        first, *others = self.containers
        containers = (Container(image, name=first.name), *others)
        return PodDefinition(self.name, self.namespace, containers, self.init)


def pod_definition(name: str, image: str, options: PodOptions) -> PodDefinition:
    first = Container(image, options.get("image_id", ""))
    return PodDefinition(
        name,
        options.get("namespace", "default"),
        (first, *options.get("sidecars", ())),
        tuple(options.get("init", ())),
    )


def build(api_version: str, kind: str, metadata: Mapping[str, Any], **members: Any) -> Object:
    """Builds an object with a uid, so that other objects can name it as owner before it is
    stored."""
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


def template(definition: PodDefinition, restart: str = "Always", **labels: str) -> Object:
    return {
        "metadata": {"creationTimestamp": None, "labels": definition.labels | labels},
        "spec": pod_spec(definition, restart),
    }


def pod_spec(definition: PodDefinition, restart: str = "Always") -> Object:
    return {
        **({"initContainers": containers(definition.init)} if definition.init else {}),
        "containers": containers(definition.containers),
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }


def containers(pod_containers: Iterable[Container]) -> list[Object]:
    return [
        {
            "name": container.name,
            "image": container.image,
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": _pull_policy(container.image),
        }
        for container in pod_containers
    ]


def selector(definition: PodDefinition) -> Object:
    return {"matchLabels": definition.labels}


def suffix(of: str, length: int) -> str:
    """A name suffix like those of controllers, the same in every run."""
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
    """The API server's default: Always for the tag `latest` or no tag."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") and "@" not in image else "IfNotPresent"
