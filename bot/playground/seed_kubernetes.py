"""Fills stand-ins of clusters as teams fill real ones, and lets EKS lead there, over HTTP only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Unpack

from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.kubernetes.builders import (
    Container,
    cron_job,
    daemon_set,
    deployment,
    job,
    stateful_set,
)
from bot.playground.kubernetes.cluster_address import ClusterAddress
from bot.playground.kubernetes.objects import Object
from bot.playground.kubernetes.state import DEFAULT_USER
from bot.playground.remote import Control, in_chunks
from bot.playground.seed_usage import Place, tagged_images

PODS_OF_A_TEAM = 25

_TEAMS = ("checkout", "catalog", "search", "payments", "shipping", "identity", "mail", "reports")
_CHUNK = 500


@dataclass(frozen=True)
class Workload:
    """`revisions` is how many images a builder is told that it ran before."""

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


def _foreign(name: str, repository: str, tag: str) -> Container:
    """A container of what others publish."""
    return Container(f"{repository}:{tag}", f"{repository}@sha256:{'f' * 64}", name)


_COLLECTOR = _foreign("otel", "public.ecr.aws/aws-observability/aws-otel-collector", "v0.43.3")
_WAIT = _foreign("wait-for-db", "docker.io/library/busybox", "1.37")
_TEAM = (
    Workload(deployment, "api", 2, {"replicas": 5, "init": [_WAIT], "sidecars": [_COLLECTOR]}),
    Workload(deployment, "web", 3, {"replicas": 3}),
    Workload(deployment, "worker", 2, {"replicas": 3}),
    Workload(deployment, "gateway", 1, {"replicas": 2}),
    Workload(deployment, "old-backoffice", 1, {"replicas": 0}),
    Workload(stateful_set, "queue", 1, {"replicas": 3}),
    Workload(daemon_set, "log-agent", 2, {"nodes": 5}),
    Workload(cron_job, "nightly-report", 0, {"runs": 3}),
    Workload(cron_job, "reindex", 0, {"runs": 0, "suspended": True}),
    Workload(job, "migrate"),
)
WORKLOADS_OF_A_TEAM = len(_TEAM)


def fill_cluster(cluster: ClusterAddress, images: Iterable[Container], teams: int = 3) -> None:
    """A namespace for each team, whose workloads run the images in turn.

    What a workload may be rolled back to are the images before its own.
    """
    in_turn = cycle(images)
    objects = (
        each
        for number in range(teams)
        for workload in _TEAM
        for each in workload.objects(_namespace(number), in_turn)
    )
    for some in in_chunks(objects, _CHUNK):
        cluster.control.send("POST", "/apply", some)


def run_payments(aws_url: str, cluster: ClusterAddress) -> None:
    """What the company runs in its cluster: a service with what it may be rolled back to, a job of
    every night that nobody has touched for a year, and a service that sleeps."""
    pulled = {
        each.by_tag.rpartition(":")[2]: Container(each.by_tag, each.by_digest)
        for each in tagged_images(Control(aws_url), ["shop/payments"], {})
    }
    running, nightly, asleep = pulled["3.14.0"], pulled["3.3.0"], pulled["3.6.0"]
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
        *deployment("refunds", asleep.image, namespace="payments", replicas=0),
    ]
    cluster.control.send("POST", "/apply", objects)


def enter_eks(
    aws_url: str,
    cluster: ClusterAddress,
    role: Mapping[str, Any],
    access_key: str = DEFAULT_KEY,
    **place: Unpack[Place],
) -> None:
    """EKS knows the cluster by its name, and the role is bound to whoever has the access key.

    It is bound to the cluster's DEFAULT_TOKEN too.
    """
    entry = {
        "name": cluster.name,
        "endpoint": cluster.url,
        "certificate_authority": cluster.certificate_authority,
    }
    Control(aws_url).send("POST", "/eks/clusters", {**place, "clusters": [entry]})
    for path, body in (
        ("/sts", {"url": aws_url}),
        ("/access-entries", {"access_key": access_key, "user": DEFAULT_USER}),
        ("/grants", {"subject": DEFAULT_USER, "role": role}),
    ):
        cluster.control.send("POST", path, body)


def pulled_images(
    aws_url: str, repositories: Sequence[str], **place: Unpack[Place]
) -> Iterator[Container]:
    """The tagged images of repositories that are filled, as a node that pulled them tells them."""
    for each in tagged_images(Control(aws_url), repositories, place):
        yield Container(each.by_tag, each.by_digest)


def _namespace(number: int) -> str:
    again, which = divmod(number, len(_TEAMS))
    return f"{_TEAMS[which]}-{again + 1}" if again else _TEAMS[which]
