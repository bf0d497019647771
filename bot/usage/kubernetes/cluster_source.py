"""One Kubernetes cluster as a source of usage: what of its resources names images, by whom they are
used, and the ClusterRole that reading them needs.
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
from bot.core.usage import Sighting, TagRunner, UnresolvedTag
from bot.parallel import in_parallel
from bot.sanitize import quoted
from bot.usage.kubernetes.cluster_api import ClusterApi
from bot.usage.kubernetes.errors import explain_errors
from bot.usage.kubernetes.listed_objects import (
    CustomResourceDict,
    custom,
    images,
    info_of,
    mentions,
    references_from_parts,
)
from bot.usage.kubernetes.objects import (
    BUILT_IN,
    BuiltInObject,
    ContainerStatus,
    KubernetesObject,
    ObjectMetadata,
    OwnerReference,
    Pod,
    PodSpec,
)

NAME = "ecr-clean"

CONTROLLED_KINDS = ("Pod", "ReplicaSet", "Job", "ControllerRevision")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_SCHEME = re.compile(r"^[a-z-]+://")

_BY_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class _TemplatePathError(Exception):
    """The end of a sentence."""


@dataclass(frozen=True)
class CustomResource:
    """`templates`: JMESPaths, each to a pod template, to a pod's spec, or to several of them. What
    an object names elsewhere counts too."""

    group: str
    version: str
    plural: str
    templates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.plural}.{self.version}.{self.group}"

    @property
    def resource(self) -> type[CustomResourceDict]:
        return custom(self.group, self.version, self.plural)

    def read(self, text: bytes, hosts: RegistryHosts) -> "CustomObject":
        """Raises ServiceError if a path leads nowhere. What stands in the object is not repeated:
        it may be a password."""
        found = _without_nulls(msgspec.json.decode(text))
        metadata = msgspec.convert(found["metadata"], ObjectMetadata)
        kind = str(found.get("kind") or self.plural)
        try:
            specs = tuple(self._pod_specs(found))
        except _TemplatePathError as error:
            raise ServiceError(
                f"{kind} {metadata.namespace}/{metadata.name}: {error}: mend `template` of {self} "
                "in usage.kubernetes.custom_resources"
            ) from None
        others = (*images(found), *references_from_parts(found, hosts))
        return CustomObject(metadata, kind, specs, others)

    def _pod_specs(self, found: dict[str, Any]) -> Iterator[PodSpec]:
        return (spec for path in self.templates for spec in _at(path, found))


class CustomObject(KubernetesObject):
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
        there = jmespath.search(path, found)
        if there is None or there == []:
            raise _TemplatePathError(f"nothing stands at {path!r}")
        for each in there if isinstance(there, list) else [there]:
            spec = each if isinstance(each, dict) and "containers" in each else each["spec"]
            yield msgspec.convert(spec, PodSpec)
    except (jmespath.exceptions.JMESPathError, LookupError, TypeError, ValueError) as error:
        words = f"{path!r} leads to no pod template ({type(error).__name__})"
        raise _TemplatePathError(words) from None


def _without_nulls(value: Any) -> Any:
    """An API server keeps them where a definition preserves unknown fields; they mean nothing."""
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value


def cluster_role(custom_resources: Iterable[CustomResource]) -> Mapping[str, Any]:
    """A manifest for `kubectl apply`."""
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
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


class ListedObject(NamedTuple):
    """An object of a cluster. `mentions`: references and digests in any of its texts."""

    object: KubernetesObject
    mentions: frozenset[str]


def sightings(
    cluster: str, listed: Iterable[ListedObject], hosts: RegistryHosts
) -> Iterator[Sighting]:
    """Each image once for a workload, as the first of the objects that name it puts it; and once
    more for every time at which pods of it mounted what its tag named then.

    Raises ServiceError if nobody can tell what a container runs that may be from ECR.
    """
    listed = list(listed)
    owners = ((_name(each.object), each.object.metadata.controller) for each in listed)
    controllers = {name: owner for name, owner in owners if owner}
    told: dict[tuple[str, _ObjectName], str] = {}
    unresolved: dict[Sighting, None] = {}
    for each, mentioned in listed:
        workload = _workload(_name(each), controllers)
        note = f" ({each.note})" if each.note else ""
        words = f"Kubernetes {cluster}: {workload}{note}"
        running = _running(each, hosts) if isinstance(each, Pod) else ()
        for image in (*_images(each), *running, *mentioned):
            told.setdefault((image, workload), words)
        if isinstance(each, Pod):
            unresolved.update(dict.fromkeys(_unresolved(each, words)))
    yield from (Sighting(image, words) for (image, _), words in told.items())
    yield from unresolved


def _images(each: KubernetesObject) -> Sequence[str]:
    try:
        return list(each.images())
    except msgspec.ValidationError as error:
        raise ServiceError(
            f"{_name(each)} holds a pod template that cannot be understood ({quoted(error)}): mend "
            "it, or delete it"
        ) from error


def _name(each: KubernetesObject) -> _ObjectName:
    return _ObjectName(each.metadata.namespace, each.kind_of_object, each.metadata.name)


def _workload(name: _ObjectName, controllers: Mapping[_ObjectName, OwnerReference]) -> _ObjectName:
    """Whoever made it: of a Pod its Deployment, behind a ReplicaSet; its CronJob, behind a Job."""
    for _ in CONTROLLED_KINDS:
        if name.kind in CONTROLLED_KINDS and (owner := controllers.get(name)):
            name = _ObjectName(name.namespace, owner.kind, owner.name)
    return name


def _running(pod: Pod, hosts: RegistryHosts) -> Iterator[str]:
    """The images that its containers run and mount, by digest."""
    named = {container.name: container.image for container in pod.spec.all_containers}
    yield from _mounted(pod).values()
    for status in pod.status.all_containers:
        image_id = _SCHEME.sub("", status.image_id)
        if _BY_DIGEST.search(image_id):
            yield image_id
        elif image_id:
            _check_image_is_known(pod, status, named.get(status.name, ""), hosts)


def _mounted(pod: Pod) -> Mapping[str, str]:
    """By the names of volumes the images that are mounted, by digest, as far as they are told."""
    refs = (
        (mount.name, _SCHEME.sub("", mount.image_ref))
        for status in pod.status.all_containers
        for mount in status.mounts
    )
    return {name: ref for name, ref in refs if _BY_DIGEST.search(ref)}


def _unresolved(pod: Pod, used_by: str) -> Iterator[Sighting]:
    """Images that it mounts by tag, and whose digest is not told. The kubelet resolved the tag when
    the pod started."""
    if pod.has_ended:
        return
    told = _mounted(pod)
    since = pod.since or _LONG_AGO
    for volume in pod.spec.volumes:
        if volume.reference and volume.name not in told:
            unresolved = UnresolvedTag(TagRunner.POD_VOLUME, since)
            yield Sighting(volume.reference, used_by, unresolved=unresolved)


def _check_image_is_known(
    pod: Pod, status: ContainerStatus, image: str, hosts: RegistryHosts
) -> None:
    """A bare digest is that of the image's config, which no registry knows (kubernetes#40062). It
    does no harm if the pod names a digest itself, or an image of another registry."""
    if _BY_DIGEST.search(image):
        return
    if hosts.may_mean_ecr(image) or hosts.may_mean_ecr(status.image):
        raise ServiceError(
            f"{_name(pod)}: nobody can tell which image container {status.name} runs, since its "
            f"imageID {status.image_id} names a config and no manifest: restart the pod, or name "
            "its image by digest"
        )


Resource = CustomResource | type[BuiltInObject]


class KubernetesSource:
    """All that runs pods in a cluster or would start some."""

    name = "kubernetes"

    def __init__(
        self, api: ClusterApi, custom_resources: Sequence[CustomResource], hosts: RegistryHosts
    ) -> None:
        self.scope = api.name
        self._api = api
        self._custom_resources = custom_resources
        self._hosts = hosts

    def sightings(self) -> Iterator[Sighting]:
        resources: list[Resource] = [*self._custom_resources, *BUILT_IN]
        with closing(self._api), explain_errors("list what starts pods", self.scope):
            found = [each for some in in_parallel(self._objects, resources) for each in some]
            yield from sightings(self.scope, found, self._hosts)

    def _objects(self, resource: Resource) -> Sequence[ListedObject]:
        def read(text: bytes) -> ListedObject:
            return ListedObject(resource.read(text, self._hosts), mentions(text, self._hosts))

        return self._api.list(resource.resource, read)
