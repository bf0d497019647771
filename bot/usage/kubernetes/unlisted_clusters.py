"""Finds EKS clusters that no source scans."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.aws.eks import EksClusters
from bot.core.errors import ServiceError
from bot.core.patterns import Patterns
from bot.core.text_formatting import first_few
from bot.core.usage import ImageUse

FIX = (
    "list them as eks under usage.kubernetes.clusters (together with kubeconfig or in_cluster if "
    "needed), or under usage.kubernetes.ignore if they run no image of these registries"
)


@dataclass(frozen=True, slots=True)
class KnownEksClusters:
    """The clusters in the settings. `listed`: names and ARNs; a name only counts if one cluster has
    it. `ignored` and `ignored_arns`: patterns for names and ARNs of clusters without a scan."""

    listed: frozenset[str]
    ignored: Patterns
    ignored_arns: Patterns

    def unlisted(
        self, here: Mapping[str, str], everywhere: Iterable[Mapping[str, str]]
    ) -> list[str]:
        """The names of unknown clusters in `here`, which maps ARNs to names, as `everywhere`
        does."""
        how_many = Counter(name for clusters in everywhere for name in clusters.values())
        return [
            name
            for arn, name in here.items()
            if arn not in self.listed
            and not (name in self.listed and how_many[name] == 1)
            and not self.ignored.match(name)
            and not self.ignored_arns.match(arn)
        ]


class UnlistedEksClustersCheck:
    """A usage source for one account and Region that finds no image. It fails if EKS clusters exist
    that no other source scans."""

    name = "kubernetes"

    def __init__(
        self, eks: EksClusters, everywhere: Sequence[EksClusters], known: KnownEksClusters
    ) -> None:
        self.scope = f"EKS of {eks.aws}"
        self._eks = eks
        self._everywhere = everywhere
        self._known = known

    def image_uses(self) -> Iterator[ImageUse]:
        here = self._eks.clusters()
        if unlisted := self._known.unlisted(here, _clusters_by_api(self._everywhere).values()):
            raise ServiceError(f"no source scans EKS clusters {first_few(unlisted)}: {FIX}")
        return iter(())


def find_cluster(cluster: str, everywhere: Iterable[EksClusters]) -> tuple[EksClusters, str]:
    """Finds a cluster by name or ARN. Returns its EKS API and name. Raises ServiceError unless
    exactly one cluster matches."""
    found = [
        (arn, eks, name)
        for eks, clusters in _clusters_by_api(everywhere).items()
        for arn, name in clusters.items()
        if cluster in (arn, name)
    ]
    if not found:
        raise ServiceError(
            f"no scanned account and Region has an EKS cluster {cluster}: check eks under "
            "usage.kubernetes.clusters, usage.accounts and usage.regions"
        )
    if len(found) > 1:
        arns = ", ".join(arn for arn, _, _ in found)
        raise ServiceError(
            f"several clusters are named {cluster} ({arns}): use the ARN as eks under "
            "usage.kubernetes.clusters"
        )
    _, eks, name = found[0]
    return eks, name


def _clusters_by_api(everywhere: Iterable[EksClusters]) -> dict[EksClusters, Mapping[str, str]]:
    """Clusters by EKS API. Ignores failures, which the source of that API reports."""
    found: dict[EksClusters, Mapping[str, str]] = {}
    for eks in everywhere:
        with suppress(ServiceError):
            found[eks] = eks.clusters()
    return found
