"""One Kubernetes cluster as a usage source: the images of its objects, the workloads that use them,
and the ClusterRole that the scan needs.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import jmespath
import msgspec

from bot.core.errors import ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.usage import ImageUse, TagRunner, UnresolvedTagReference
from bot.parallel import in_parallel
from bot.sanitize import quoted
from bot.usage.kubernetes.cluster_api import ClusterApi
from bot.usage.kubernetes.errors import explain_errors
from bot.usage.kubernetes.kubernetes_objects import (
    BUILT_IN,
    BuiltInKubernetesObject,
    ContainerStatus,
    KubernetesObject,
    ObjectMetadata,
    OwnerReference,
    Pod,
    PodSpec,
)
from bot.usage.kubernetes.listed_objects import (
    CustomResourceDict,
    custom,
    images,
    info_of,
    mentions,
    references_from_parts,
)

NAME = "ecr-clean"

CONTROLLED_KINDS = ("Pod", "ReplicaSet", "Job", "ControllerRevision")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_SCHEME = re.compile(r"^[a-z-]+://")

_BY_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class _TemplatePathError(Exception):
    """A template path of a custom resource is wrong. The text is the end of a sentence."""


@dataclass(frozen=True)
class CustomResource:
    """A kind of custom resource. `templates`: JMESPaths to pod templates or pod specs, one or
    several per path. Images elsewhere in an object count too."""

    group: str
    version: str
    plural: str
    templates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.plural}.{self.version}.{self.group}"

    @property
    def resource(self) -> type[CustomResourceDict]:
        return custom(self.group, self.version, self.plural)

    def read(self, text: bytes, hosts: RegistryHosts) -> "CustomResourceObject":
        """Raises ServiceError if a path matches nothing. The error does not quote the object, which
        may contain a password."""
        found = _without_nulls(msgspec.json.decode(text))
        metadata = msgspec.convert(found["metadata"], ObjectMetadata)
        kind = str(found.get("kind") or self.plural)
        try:
            specs = tuple(self._pod_specs(found))
        except _TemplatePathError as error:
            raise ServiceError(
                f"{kind} {metadata.namespace}/{metadata.name}: {error}: fix `template` of {self} "
                "in usage.kubernetes.custom_resources"
            ) from None
        others = (*images(found), *references_from_parts(found, hosts))
        return CustomResourceObject(metadata, kind, specs, others)

    def _pod_specs(self, found: dict[str, Any]) -> Iterator[PodSpec]:
        return (spec for path in self.templates for spec in _at(path, found))


class CustomResourceObject(KubernetesObject):
    """An object of a custom resource. `specs`: its pod specs. `others`: other image references."""

    kind: str
    specs: tuple[PodSpec, ...]
    others: tuple[str, ...]

    @property
    def kind_of_object(self) -> str:
        return self.kind

    def images(self) -> Iterator[str]:
        for spec in self.specs:
            yield from spec.images()
        yield from self.others


def _at(path: str, found: dict[str, Any]) -> Iterator[PodSpec]:
    try:
        matched = jmespath.search(path, found)
        if matched is None or matched == []:
            raise _TemplatePathError(f"{path!r} matches nothing")
        for each in matched if isinstance(matched, list) else [matched]:
            spec = each if isinstance(each, dict) and "containers" in each else each["spec"]
            yield msgspec.convert(spec, PodSpec)
    except (jmespath.exceptions.JMESPathError, LookupError, TypeError, ValueError) as error:
        words = f"{path!r} does not match a pod template ({type(error).__name__})"
        raise _TemplatePathError(words) from None


def _without_nulls(value: Any) -> Any:
    """Removes null fields, which API servers keep if a definition preserves unknown fields."""
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value


def cluster_role(custom_resources: Iterable[CustomResource]) -> Mapping[str, Any]:
    """Returns a manifest for `kubectl apply`."""
    plurals: defaultdict[str, set[str]] = defaultdict(set)
    infos = [
        *(info_of(kind.resource) for kind in BUILT_IN),
        *(info_of(each.resource) for each in custom_resources),
    ]
    for info in infos:
        plurals[info.resource.group].add(info.plural)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NAME},
        "rules": [
            {"apiGroups": [group], "resources": sorted(resources), "verbs": ["list"]}
            for group, resources in sorted(plurals.items())
        ],
    }


class _ObjectName(NamedTuple):
    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        prefix = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {prefix}{self.name}"


class ListedKubernetesObject(NamedTuple):
    """An object of a cluster. `mentions`: image references and digests anywhere in the object."""

    object: KubernetesObject
    mentions: frozenset[str]


def image_uses(
    cluster: str, listed: Iterable[ListedKubernetesObject], hosts: RegistryHosts
) -> Iterator[ImageUse]:
    """Yields each image once per workload, with the note of the first object that names it. Also
    yields images that pods mount by tag, once for each start time.

    Raises ServiceError if the digest of a running image that may be from ECR is unknown.
    """
    listed = list(listed)
    owners = ((_name(each.object), each.object.metadata.controller) for each in listed)
    controllers = {name: owner for name, owner in owners if owner}
    used_by: dict[tuple[str, _ObjectName], str] = {}
    unresolved: dict[ImageUse, None] = {}
    for each, mentioned in listed:
        workload = _workload(_name(each), controllers)
        note = f" ({each.note})" if each.note else ""
        words = f"Kubernetes {cluster}: {workload}{note}"
        running = _running(each, hosts) if isinstance(each, Pod) else ()
        for image in (*_images(each), *running, *mentioned):
            used_by.setdefault((image, workload), words)
        if isinstance(each, Pod):
            unresolved.update(dict.fromkeys(_unresolved(each, words)))
    yield from (ImageUse(image, words) for (image, _), words in used_by.items())
    yield from unresolved


def _images(each: KubernetesObject) -> Sequence[str]:
    try:
        return list(each.images())
    except msgspec.ValidationError as error:
        raise ServiceError(
            f"{_name(each)} has an invalid pod template ({quoted(error)}): fix it, or delete the "
            "object"
        ) from error


def _name(each: KubernetesObject) -> _ObjectName:
    return _ObjectName(each.metadata.namespace, each.kind_of_object, each.metadata.name)


def _workload(name: _ObjectName, controllers: Mapping[_ObjectName, OwnerReference]) -> _ObjectName:
    """The topmost controller of an object: the Deployment of a Pod, or the CronJob of a Job."""
    for _ in CONTROLLED_KINDS:
        if name.kind in CONTROLLED_KINDS and (owner := controllers.get(name)):
            name = _ObjectName(name.namespace, owner.kind, owner.name)
    return name


def _running(pod: Pod, hosts: RegistryHosts) -> Iterator[str]:
    """Yields the images that containers run and mount, by digest."""
    named = {container.name: container.image for container in pod.spec.all_containers}
    yield from _mounted(pod).values()
    for status in pod.status.all_containers:
        image_id = _SCHEME.sub("", status.image_id)
        if _BY_DIGEST.search(image_id):
            yield image_id
        elif image_id:
            _check_image_is_known(pod, status, named.get(status.name, ""), hosts)


def _mounted(pod: Pod) -> Mapping[str, str]:
    """Mounted images by volume name, if the pod status has their digests."""
    refs = (
        (mount.name, _SCHEME.sub("", mount.image_ref))
        for status in pod.status.all_containers
        for mount in status.mounts
    )
    return {name: ref for name, ref in refs if _BY_DIGEST.search(ref)}


def _unresolved(pod: Pod, used_by: str) -> Iterator[ImageUse]:
    """Yields images mounted by tag whose digest is not in the pod status. The kubelet resolves the
    tag when the pod starts."""
    if pod.has_ended:
        return
    resolved = _mounted(pod)
    since = pod.since or _LONG_AGO
    for volume in pod.spec.volumes:
        if volume.reference and volume.name not in resolved:
            unresolved = UnresolvedTagReference(TagRunner.POD_VOLUME, since)
            yield ImageUse(volume.reference, used_by, unresolved=unresolved)


def _check_image_is_known(
    pod: Pod, status: ContainerStatus, image: str, hosts: RegistryHosts
) -> None:
    """Raises ServiceError if imageID is a bare digest. It is the digest of the image config, which
    registries do not list (kubernetes#40062). Accepts it if the pod names its image by digest, or
    if the image is from another registry."""
    if _BY_DIGEST.search(image):
        return
    if hosts.may_mean_ecr(image) or hosts.may_mean_ecr(status.image):
        raise ServiceError(
            f"{_name(pod)}: the image of container {status.name} is unknown, because its imageID "
            f"{status.image_id} is the digest of a config and not of a manifest: restart the pod, "
            "or name its image by digest"
        )


ObjectKind = CustomResource | type[BuiltInKubernetesObject]


class KubernetesSource:
    """Scans the objects of a cluster that run pods or would start pods."""

    name = "kubernetes"

    def __init__(
        self, api: ClusterApi, custom_resources: Sequence[CustomResource], hosts: RegistryHosts
    ) -> None:
        self.scope = api.name
        self._api = api
        self._custom_resources = custom_resources
        self._hosts = hosts

    def image_uses(self) -> Iterator[ImageUse]:
        resources: list[ObjectKind] = [*self._custom_resources, *BUILT_IN]
        with closing(self._api), explain_errors("list pods and workloads", self.scope):
            found = [each for some in in_parallel(self._objects, resources) for each in some]
            yield from image_uses(self.scope, found, self._hosts)

    def _objects(self, resource: ObjectKind) -> Sequence[ListedKubernetesObject]:
        def read(text: bytes) -> ListedKubernetesObject:
            return ListedKubernetesObject(
                resource.read(text, self._hosts), mentions(text, self._hosts)
            )

        return self._api.list(resource.resource, read)
