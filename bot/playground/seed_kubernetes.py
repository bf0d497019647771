"""Fills Kubernetes stand-ins with typical workloads, and registers them in EKS, over HTTP only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Unpack

from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.control_client import ControlClient, in_chunks
from bot.playground.kubernetes.builders import (
    Container,
    cron_job,
    daemon_set,
    deployment,
    job,
    stateful_set,
)
from bot.playground.kubernetes.cluster_address import ClusterAddress
from bot.playground.kubernetes.cluster_state import DEFAULT_USER
from bot.playground.kubernetes.object_validation import Object
from bot.playground.seed_usage import AwsLocation, tagged_images

PODS_PER_TEAM = 25

_TEAMS = ("checkout", "catalog", "search", "payments", "shipping", "identity", "mail", "reports")
_CHUNK = 500


@dataclass(frozen=True)
class WorkloadTemplate:
    """Builds the objects of one workload. `revisions`: the number of its older images."""

    build: Callable[..., list[Object]]
    name: str
    revisions: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def objects(self, namespace: str, images: Iterator[Container]) -> list[Object]:
        older = {"revisions": [next(images).image for _ in range(self.revisions)]}
        newest = next(images)
        return self.build(
            self.name,
            newest.image,
            image_id=newest.image_id,
            namespace=namespace,
            **(older if self.revisions else {}),
            **self.options,
        )


def _public_image(name: str, repository: str, tag: str) -> Container:
    """A container with a third-party image."""
    return Container(f"{repository}:{tag}", f"{repository}@sha256:{'f' * 64}", name)


_COLLECTOR = _public_image("otel", "public.ecr.aws/aws-observability/aws-otel-collector", "v0.43.3")
_WAIT = _public_image("wait-for-db", "docker.io/library/busybox", "1.37")
_TEAM = (
    WorkloadTemplate(
        deployment, "api", 2, {"replicas": 5, "init": [_WAIT], "sidecars": [_COLLECTOR]}
    ),
    WorkloadTemplate(deployment, "web", 3, {"replicas": 3}),
    WorkloadTemplate(deployment, "worker", 2, {"replicas": 3}),
    WorkloadTemplate(deployment, "gateway", 1, {"replicas": 2}),
    WorkloadTemplate(deployment, "old-backoffice", 1, {"replicas": 0}),
    WorkloadTemplate(stateful_set, "queue", 1, {"replicas": 3}),
    WorkloadTemplate(daemon_set, "log-agent", 2, {"nodes": 5}),
    WorkloadTemplate(cron_job, "nightly-report", 0, {"runs": 3}),
    WorkloadTemplate(cron_job, "reindex", 0, {"runs": 0, "suspended": True}),
    WorkloadTemplate(job, "migrate"),
)
WORKLOADS_PER_TEAM = len(_TEAM)


def seed_cluster(cluster: ClusterAddress, images: Iterable[Container], teams: int = 3) -> None:
    """Creates a namespace for each team. Workloads use the images in turn.

    A workload's older revisions use the images before its own.
    """
    in_turn = cycle(images)
    objects = (
        each
        for number in range(teams)
        for workload in _TEAM
        for each in workload.objects(_namespace(number), in_turn)
    )
    for chunk in in_chunks(objects, _CHUNK):
        cluster.control.send("POST", "/apply", chunk)


def seed_company_cluster(aws_url: str, cluster: ClusterAddress) -> None:
    """Creates the company's workloads: a service with older revisions, a nightly job on an old
    image, and a service scaled to zero."""
    pulled = {
        each.by_tag.rpartition(":")[2]: Container(each.by_tag, each.by_digest)
        for each in tagged_images(ControlClient(aws_url), ["shop/payments"], {})
    }
    running, nightly, scaled_down = pulled["3.14.0"], pulled["3.3.0"], pulled["3.6.0"]
    older = [pulled["3.11.0"].image, pulled["3.12.0"].image]
    objects = [
        *deployment(
            "payments",
            running.image,
            image_id=running.image_id,
            namespace="payments",
            replicas=3,
            revisions=older,
        ),
        *cron_job(
            "settlement", nightly.image, image_id=nightly.image_id, namespace="payments", runs=2
        ),
        *deployment("refunds", scaled_down.image, namespace="payments", replicas=0),
    ]
    cluster.control.send("POST", "/apply", objects)


def register_cluster_in_eks(
    aws_url: str,
    cluster: ClusterAddress,
    role: Mapping[str, Any],
    access_key: str = DEFAULT_KEY,
    **location: Unpack[AwsLocation],
) -> None:
    """Registers the cluster in EKS under its name, and grants the role to the access key.

    The cluster's DEFAULT_TOKEN gets the role, too.
    """
    entry = {
        "name": cluster.name,
        "endpoint": cluster.url,
        "certificate_authority": cluster.certificate_authority,
    }
    ControlClient(aws_url).send("POST", "/eks/clusters", {**location, "clusters": [entry]})
    for path, body in (
        ("/sts", {"url": aws_url}),
        ("/access-entries", {"access_key": access_key, "user": DEFAULT_USER}),
        ("/grants", {"subject": DEFAULT_USER, "role": role}),
    ):
        cluster.control.send("POST", path, body)


def tagged_containers(
    aws_url: str, repositories: Sequence[str], **location: Unpack[AwsLocation]
) -> Iterator[Container]:
    """Containers with the tagged images of seeded repositories, as a node reports them."""
    for each in tagged_images(ControlClient(aws_url), repositories, location):
        yield Container(each.by_tag, each.by_digest)


def _namespace(number: int) -> str:
    again, which = divmod(number, len(_TEAMS))
    return f"{_TEAMS[which]}-{again + 1}" if again else _TEAMS[which]
