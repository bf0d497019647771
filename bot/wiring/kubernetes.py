"""The Kubernetes clusters of the settings, and those of EKS that stand in none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.aws.eks import Eks
from bot.aws.place import AwsPlace
from bot.core.legal_texts import is_arn
from bot.core.patterns import Patterns
from bot.ports import UsageSource
from bot.settings import ClusterSection, CustomResourceSection, KubernetesSection, Settings
from bot.usage.kubernetes.unlisted import KnownClusters, UnlistedClusters, find_cluster

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

    from bot.usage.kubernetes.custom import CustomResource


def kubernetes_sources(settings: Settings, places: Iterable[AwsPlace]) -> Iterator[UsageSource]:
    section = settings.usage.kubernetes
    if section is None:
        return
    everywhere = [Eks(place) for place in places]
    known = known_clusters(section)
    for eks in everywhere:
        yield UnlistedClusters(eks, everywhere, known)
    for cluster in section.clusters:
        yield _cluster_source(cluster, settings, everywhere)


def known_clusters(section: KubernetesSection) -> KnownClusters:
    return KnownClusters(
        listed=frozenset(_names(section)),
        ignored=Patterns(tuple(glob for glob in section.ignore if not is_arn(glob))),
        ignored_arns=Patterns(tuple(filter(is_arn, section.ignore))),
    )


def cluster_role(settings: Settings) -> Mapping[str, Any]:
    """For all clusters alike."""
    from bot.usage.kubernetes import role  # noqa: PLC0415

    section = settings.usage.kubernetes
    return role.cluster_role(map(_custom_resource, section.custom_resources if section else ()))


def _names(section: KubernetesSection) -> Iterator[str]:
    """What EKS calls the clusters that are listed: `aws eks update-kubeconfig` names contexts by
    ARN."""
    for cluster in section.clusters:
        if cluster.eks is not None:
            yield cluster.eks
        if cluster.context is not None and is_arn(cluster.context):
            yield cluster.context


def _cluster_source(
    cluster: ClusterSection, settings: Settings, everywhere: Sequence[Eks]
) -> UsageSource:
    """Whoever has no cluster need not wait for the client."""
    from bot.usage.kubernetes.api import ClusterApi  # noqa: PLC0415
    from bot.usage.kubernetes.source import KubernetesSource  # noqa: PLC0415

    assert settings.usage.kubernetes is not None
    custom = [
        _custom_resource(entry)
        for entry in settings.usage.kubernetes.custom_resources
        if not entry.clusters or cluster.name in entry.clusters
    ]
    timeout = settings.usage.kubernetes.timeout.total_seconds()
    api = ClusterApi(cluster.name, _way_to(cluster, settings, everywhere), timeout)
    return KubernetesSource(api, custom, settings.hosts())


def _way_to(
    cluster: ClusterSection, settings: Settings, everywhere: Sequence[Eks]
) -> "Callable[[float], SingleConfig]":
    from bot.usage.kubernetes import clusters  # noqa: PLC0415
    from bot.usage.kubernetes.kubeconfig import Trust, from_kubeconfig  # noqa: PLC0415

    if cluster.kubeconfig is not None:
        trust = Trust.FOUND if settings.were_found else Trust.NAMED
        return partial(from_kubeconfig, Path(cluster.kubeconfig), cluster.context, trust)
    if cluster.in_cluster:
        return lambda _seconds: clusters.from_inside()
    name = cluster.eks
    assert name is not None
    return lambda _seconds: clusters.from_eks(*find_cluster(name, everywhere))


def _custom_resource(entry: CustomResourceSection) -> "CustomResource":
    from bot.usage.kubernetes.custom import CustomResource  # noqa: PLC0415

    plural, version, group = entry.resource.split(".", maxsplit=2)
    return CustomResource(group, version, plural, entry.template)
