"""The fields that are read from Kubernetes objects. A missing or invalid field raises msgspec's
ValidationError. Kinds and fields: Kubernetes API reference."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

import jmespath
import msgspec
from msgspec import Struct, field

from bot.core.image_references import RegistryHosts
from bot.usage.kubernetes.listed_objects import UndecodedResource, built_in, info_of, prepare

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

REVISION = "deployment.kubernetes.io/revision"


class OwnerReference(Struct):
    kind: str
    name: str
    controller: bool = False


class ObjectMetadata(Struct):
    name: str
    namespace: str = ""
    annotations: dict[str, str] = {}
    created_at: Moment | None = field(name="creationTimestamp", default=None)
    owners: tuple[OwnerReference, ...] = field(name="ownerReferences", default=())

    @property
    def controller(self) -> OwnerReference | None:
        return next((owner for owner in self.owners if owner.controller), None)


class PodContainer(Struct):
    """`image` may be empty in a template that another tool completes."""

    name: str
    image: str = ""


class ImageVolumeSource(Struct):
    reference: str = ""


class PodVolume(Struct):
    name: str = ""
    image: ImageVolumeSource | None = None

    @property
    def reference(self) -> str:
        """The image reference of the volume; empty for other volumes."""
        return self.image.reference if self.image else ""


class PodSpec(Struct):
    containers: tuple[PodContainer, ...]
    init_containers: tuple[PodContainer, ...] = field(name="initContainers", default=())
    ephemeral_containers: tuple[PodContainer, ...] = field(name="ephemeralContainers", default=())
    volumes: tuple[PodVolume, ...] = ()

    @property
    def all_containers(self) -> tuple[PodContainer, ...]:
        return (*self.containers, *self.init_containers, *self.ephemeral_containers)

    def images(self) -> Iterator[str]:
        """Yields the images of containers and of image volumes."""
        named = [container.image for container in self.all_containers]
        named += [volume.reference for volume in self.volumes]
        return filter(None, named)


class PodTemplateSpec(Struct):
    spec: PodSpec


class MountedImage(Struct):
    ref: str = field(name="imageRef", default="")


class VolumeMountStatus(Struct):
    image: MountedImage | None = None


class VolumeMount(Struct):
    """A volume mount in a container status. Only a feature gate adds the digest of image
    volumes."""

    name: str = ""
    status: VolumeMountStatus | None = field(name="volumeStatus", default=None)

    @property
    def image_ref(self) -> str:
        """The image with its digest; empty if the status lacks it."""
        return self.status.image.ref if self.status and self.status.image else ""


class ContainerStatus(Struct):
    """`image_id` is empty until the image is pulled."""

    name: str
    image: str = ""
    image_id: str = field(name="imageID", default="")
    mounts: tuple[VolumeMount, ...] = field(name="volumeMounts", default=())


class PodStatus(Struct):
    containers: tuple[ContainerStatus, ...] = field(name="containerStatuses", default=())
    init_containers: tuple[ContainerStatus, ...] = field(name="initContainerStatuses", default=())
    ephemeral_containers: tuple[ContainerStatus, ...] = field(
        name="ephemeralContainerStatuses", default=()
    )
    phase: str = ""
    started_at: Moment | None = field(name="startTime", default=None)

    @property
    def all_containers(self) -> tuple[ContainerStatus, ...]:
        return (*self.containers, *self.init_containers, *self.ephemeral_containers)


class KubernetesWorkloadSpec(Struct):
    template: PodTemplateSpec
    replicas: int = 1


class TemplatedWorkload(Struct):
    """The job template of a CronJob, or the data of a ControllerRevision."""

    spec: KubernetesWorkloadSpec


class CronJobSpec(Struct):
    job: TemplatedWorkload = field(name="jobTemplate")
    suspend: bool = False


class KubernetesObject(Struct):
    """An object that names images. `note`: shown to users after its name."""

    metadata: ObjectMetadata

    @property
    def kind_of_object(self) -> str:
        raise NotImplementedError

    @property
    def note(self) -> str:
        return ""

    def images(self) -> Iterator[str]:
        raise NotImplementedError


class BuiltInKubernetesObject(KubernetesObject):
    """An object of a built-in kind. `resource`: its lightkube type."""

    resource: ClassVar[type[UndecodedResource]]

    @classmethod
    def read(cls, text: bytes, _: RegistryHosts) -> Self:
        return msgspec.json.decode(text, type=cls)

    @property
    def kind_of_object(self) -> str:
        return info_of(self.resource).resource.kind


class Pod(BuiltInKubernetesObject):
    spec: PodSpec
    status: PodStatus = field(default_factory=PodStatus)
    resource = built_in("", "Pod")

    @property
    def since(self) -> datetime | None:
        """When the kubelet accepted the pod, which is before it pulls images. Before that, the
        creation time."""
        return self.status.started_at or self.metadata.created_at

    @property
    def has_ended(self) -> bool:
        """Whether all containers have ended: phase Succeeded or Failed."""
        return self.status.phase in ("Succeeded", "Failed")

    def images(self) -> Iterator[str]:
        return self.spec.images()


class KubernetesWorkload(BuiltInKubernetesObject):
    spec: KubernetesWorkloadSpec

    @property
    def note(self) -> str:
        return "" if self.spec.replicas else "scaled to zero"

    def images(self) -> Iterator[str]:
        return self.spec.template.spec.images()


class Deployment(KubernetesWorkload):
    resource = built_in("apps", "Deployment")


class StatefulSet(KubernetesWorkload):
    resource = built_in("apps", "StatefulSet")


class DaemonSet(KubernetesWorkload):
    resource = built_in("apps", "DaemonSet")


class ReplicationController(KubernetesWorkload):
    resource = built_in("", "ReplicationController")


class ReplicaSet(KubernetesWorkload):
    """Old ReplicaSets are the rollback targets of a Deployment. Its revisionHistoryLimit says how
    many exist."""

    resource = built_in("apps", "ReplicaSet")

    @property
    def note(self) -> str:
        revision = self.metadata.annotations.get(REVISION)
        return f"revision {revision}" if revision else super().note


class KubernetesJob(KubernetesWorkload):
    resource = built_in("batch", "Job")


class CronJob(BuiltInKubernetesObject):
    spec: CronJobSpec
    resource = built_in("batch", "CronJob")

    @property
    def note(self) -> str:
        return "suspended" if self.spec.suspend else ""

    def images(self) -> Iterator[str]:
        return self.spec.job.spec.template.spec.images()


class PodTemplate(BuiltInKubernetesObject):
    template: PodTemplateSpec
    resource = built_in("", "PodTemplate")

    def images(self) -> Iterator[str]:
        return self.template.spec.images()


class ControllerRevision(BuiltInKubernetesObject):
    """A rollback target of a StatefulSet or DaemonSet. Other controllers may store other content in
    `data`."""

    revision: int
    data: Any = None
    resource = built_in("apps", "ControllerRevision")

    @property
    def note(self) -> str:
        return f"revision {self.revision}"

    def images(self) -> Iterator[str]:
        owner = self.metadata.controller
        is_sure = owner is not None and owner.kind in ("StatefulSet", "DaemonSet")
        if is_sure or jmespath.search("spec.template.spec.containers", self.data):
            yield from msgspec.convert(self.data, TemplatedWorkload).spec.template.spec.images()


BUILT_IN: tuple[type[BuiltInKubernetesObject], ...] = (
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
    ReplicationController,
    PodTemplate,
    KubernetesJob,
    Pod,
    ReplicaSet,
    ControllerRevision,
)
"""The kinds that run pods or would start pods. If several objects name an image for the same
workload, users see the note of the first kind."""

prepare(*BUILT_IN, TemplatedWorkload)
