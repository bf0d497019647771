"""Opens the clusters of the settings as usage sources. Imports the modules of Kubernetes when a
cluster is opened."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.aws.aws_api import AwsApi
from bot.aws.eks import EksClusters
from bot.core.name_syntax import is_arn
from bot.core.patterns import Patterns
from bot.core.regular_expressions import is_regular_expression
from bot.ports import UsageSource
from bot.settings.model import ClusterSection, CustomResourceSection, KubernetesSection, Settings
from bot.usage.kubernetes.unlisted_clusters import (
    KnownEksClusters,
    UnlistedEksClustersCheck,
    find_cluster,
)

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

    from bot.usage.kubernetes.cluster_source import CustomResource


def kubernetes_sources(settings: Settings, apis: Iterable[AwsApi]) -> Iterator[UsageSource]:
    section = settings.usage.kubernetes
    if section is None:
        return
    everywhere = [EksClusters(aws) for aws in apis]
    known = known_clusters(section)
    for eks in everywhere:
        yield UnlistedEksClustersCheck(eks, everywhere, known)
    for cluster in section.clusters:
        yield _cluster_source(cluster, settings, everywhere)


def known_clusters(section: KubernetesSection) -> KnownEksClusters:
    return KnownEksClusters(
        listed=frozenset(_names(section)),
        ignored=Patterns(tuple(filterfalse(is_arn, section.ignore))),
        ignored_arns=Patterns(tuple(filter(_may_match_arns, section.ignore))),
    )


def _may_match_arns(pattern: str) -> bool:
    return is_arn(pattern) or is_regular_expression(pattern)


def cluster_role(settings: Settings) -> Mapping[str, Any]:
    """The ClusterRole that the bot needs in every cluster."""
    from bot.usage.kubernetes import cluster_source  # noqa: PLC0415

    section = settings.usage.kubernetes
    return cluster_source.cluster_role(
        map(_custom_resource, section.custom_resources if section else ())
    )


def _names(section: KubernetesSection) -> Iterator[str]:
    """Names or ARNs of the EKS clusters in the settings. `aws eks update-kubeconfig` names contexts
    by ARN."""
    for cluster in section.clusters:
        if cluster.eks is not None:
            yield cluster.eks
        if cluster.context is not None and is_arn(cluster.context):
            yield cluster.context


def _cluster_source(
    cluster: ClusterSection, settings: Settings, everywhere: Sequence[EksClusters]
) -> UsageSource:
    from bot.usage.kubernetes.cluster_api import ClusterApi  # noqa: PLC0415
    from bot.usage.kubernetes.cluster_source import KubernetesSource  # noqa: PLC0415

    assert settings.usage.kubernetes is not None
    custom = [
        _custom_resource(entry)
        for entry in settings.usage.kubernetes.custom_resources
        if not entry.clusters or cluster.name in entry.clusters
    ]
    timeout = settings.usage.kubernetes.timeout.total_seconds()
    api = ClusterApi(cluster.name, _kubeconfig_loader(cluster, settings, everywhere), timeout)
    return KubernetesSource(api, custom, settings.hosts())


def _kubeconfig_loader(
    cluster: ClusterSection, settings: Settings, everywhere: Sequence[EksClusters]
) -> "Callable[[float], SingleConfig]":
    from bot.usage.kubernetes import kubeconfig  # noqa: PLC0415
    from bot.usage.kubernetes.kubeconfig import KubeconfigTrust, from_kubeconfig  # noqa: PLC0415

    if cluster.kubeconfig is not None:
        trust = KubeconfigTrust.FOUND if settings.is_default_file else KubeconfigTrust.NAMED
        return partial(from_kubeconfig, Path(cluster.kubeconfig), cluster.context, trust)
    if cluster.in_cluster:
        return lambda _seconds: kubeconfig.from_service_account()
    name = cluster.eks
    assert name is not None
    return lambda _seconds: kubeconfig.from_eks(*find_cluster(name, everywhere))


def _custom_resource(entry: CustomResourceSection) -> "CustomResource":
    from bot.usage.kubernetes.cluster_source import CustomResource  # noqa: PLC0415

    plural, version, group = entry.resource.split(".", maxsplit=2)
    return CustomResource(group, version, plural, entry.template)
