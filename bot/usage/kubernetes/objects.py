"""What is read of Kubernetes' objects. Whatever must be there and is not, or is something else, is
msgspec's ValidationError. Kinds and fields: API reference of Kubernetes."""

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


class Container(Struct):
    """`image` may be empty in a template, where something else fills it in."""

    name: str
    image: str = ""


class ImageVolumeSource(Struct):
    reference: str = ""


class PodVolume(Struct):
    name: str = ""
    image: ImageVolumeSource | None = None

    @property
    def reference(self) -> str:
        """Empty if it is no image."""
        return self.image.reference if self.image else ""


class PodSpec(Struct):
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = field(name="initContainers", default=())
    ephemeral_containers: tuple[Container, ...] = field(name="ephemeralContainers", default=())
    volumes: tuple[PodVolume, ...] = ()

    @property
    def all_containers(self) -> tuple[Container, ...]:
        return (*self.containers, *self.init_containers, *self.ephemeral_containers)

    def images(self) -> Iterator[str]:
        """Of containers, and of volumes that are images."""
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
    """The digest of a volume that is an image is told only behind a feature gate."""

    name: str = ""
    status: VolumeMountStatus | None = field(name="volumeStatus", default=None)

    @property
    def image_ref(self) -> str:
        """Empty if it is not told."""
        return self.status.image.ref if self.status and self.status.image else ""


class ContainerStatus(Struct):
    """`image_id` is empty until the image was pulled."""

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


class WorkloadSpec(Struct):
    template: PodTemplateSpec
    replicas: int = 1


class TemplatedWorkload(Struct):
    """A Job in a CronJob's template, or a revision's data."""

    spec: WorkloadSpec


class CronJobSpec(Struct):
    job: TemplatedWorkload = field(name="jobTemplate")
    suspend: bool = False


class KubernetesObject(Struct):
    """Anything that names images. `note`: what a person should know of it besides its name."""

    metadata: ObjectMetadata

    @property
    def kind_of_object(self) -> str:
        raise NotImplementedError

    @property
    def note(self) -> str:
        return ""

    def images(self) -> Iterator[str]:
        raise NotImplementedError


class BuiltInObject(KubernetesObject):
    resource: ClassVar[type[UndecodedResource]]

    @classmethod
    def read(cls, text: bytes, _: RegistryHosts) -> Self:
        return msgspec.json.decode(text, type=cls)

    @property
    def kind_of_object(self) -> str:
        return info_of(self.resource).resource.kind


class Pod(BuiltInObject):
    spec: PodSpec
    status: PodStatus = field(default_factory=PodStatus)
    resource = built_in("", "Pod")

    @property
    def since(self) -> datetime | None:
        """When the kubelet took it on, which is before it pulls images; as long as it did not, when
        it was made."""
        return self.status.started_at or self.metadata.created_at

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more: its phase is one of the two last ones."""
        return self.status.phase in ("Succeeded", "Failed")

    def images(self) -> Iterator[str]:
        return self.spec.images()


class Workload(BuiltInObject):
    spec: WorkloadSpec

    @property
    def note(self) -> str:
        return "" if self.spec.replicas else "scaled to zero"

    def images(self) -> Iterator[str]:
        return self.spec.template.spec.images()


class Deployment(Workload):
    resource = built_in("apps", "Deployment")


class StatefulSet(Workload):
    resource = built_in("apps", "StatefulSet")


class DaemonSet(Workload):
    resource = built_in("apps", "DaemonSet")


class ReplicationController(Workload):
    resource = built_in("", "ReplicationController")


class ReplicaSet(Workload):
    """Old ones are what a Deployment can be rolled back to: as many are left as its
    revisionHistoryLimit says."""

    resource = built_in("apps", "ReplicaSet")

    @property
    def note(self) -> str:
        revision = self.metadata.annotations.get(REVISION)
        return f"revision {revision}" if revision else super().note


class KubernetesJob(Workload):
    resource = built_in("batch", "Job")


class CronJob(BuiltInObject):
    spec: CronJobSpec
    resource = built_in("batch", "CronJob")

    @property
    def note(self) -> str:
        return "suspended" if self.spec.suspend else ""

    def images(self) -> Iterator[str]:
        return self.spec.job.spec.template.spec.images()


class PodTemplate(BuiltInObject):
    template: PodTemplateSpec
    resource = built_in("", "PodTemplate")

    def images(self) -> Iterator[str]:
        return self.template.spec.images()


class ControllerRevision(BuiltInObject):
    """What a StatefulSet or DaemonSet can be rolled back to. Other controllers may keep anything
    in `data`."""

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


BUILT_IN: tuple[type[BuiltInObject], ...] = (
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
"""All that run pods or would start some. Of several that name an image for the same workload, the
first one's note is told."""

prepare(*BUILT_IN, TemplatedWorkload)
