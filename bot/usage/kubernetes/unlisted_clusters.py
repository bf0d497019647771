"""EKS clusters whose workloads nobody looks at."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.aws.eks import EksClusters
from bot.core.errors import ServiceError
from bot.core.patterns import Patterns
from bot.core.text_formatting import first_few
from bot.core.usage import Sighting

FIX = (
    "list them as eks under usage.kubernetes.clusters (beside kubeconfig or in_cluster, if they "
    "are reached so), or under usage.kubernetes.ignore if they run no image of these registries"
)


@dataclass(frozen=True, slots=True)
class KnownClusters:
    """Names and ARNs of those that are listed (a name counts where only one cluster has it), and
    of those that need no look globs of names, or of ARNs."""

    listed: frozenset[str]
    ignored: Patterns
    ignored_arns: Patterns

    def unlisted(
        self, here: Mapping[str, str], everywhere: Iterable[Mapping[str, str]]
    ) -> list[str]:
        """Of the clusters `here`, names by ARN."""
        how_many = Counter(name for clusters in everywhere for name in clusters.values())
        return [
            name
            for arn, name in here.items()
            if arn not in self.listed
            and not (name in self.listed and how_many[name] == 1)
            and not self.ignored.match(name)
            and not self.ignored_arns.match(arn)
        ]


class UnlistedClustersCheck:
    """One account in one Region. It sees no image, but says what the others do not see."""

    name = "kubernetes"

    def __init__(
        self, eks: EksClusters, everywhere: Sequence[EksClusters], known: KnownClusters
    ) -> None:
        self.scope = f"EKS of {eks.aws}"
        self._eks = eks
        self._everywhere = everywhere
        self._known = known

    def sightings(self) -> Iterator[Sighting]:
        here = self._eks.clusters()
        if unlisted := self._known.unlisted(here, _seen(self._everywhere).values()):
            raise ServiceError(f"nobody looks at EKS clusters {first_few(unlisted)}: {FIX}")
        return iter(())


def find_cluster(cluster: str, everywhere: Iterable[EksClusters]) -> tuple[EksClusters, str]:
    """By name or ARN: where it is, and its name. Raises ServiceError unless there is just one."""
    found = [
        (arn, eks, name)
        for eks, clusters in _seen(everywhere).items()
        for arn, name in clusters.items()
        if cluster in (arn, name)
    ]
    if not found:
        raise ServiceError(
            f"no account and Region that is looked at has an EKS cluster {cluster}: check eks "
            "under usage.kubernetes.clusters, and usage.accounts and usage.regions"
        )
    if len(found) > 1:
        arns = ", ".join(arn for arn, _, _ in found)
        raise ServiceError(
            f"{cluster} may be any of {arns}: give its ARN as eks under usage.kubernetes.clusters"
        )
    _, eks, name = found[0]
    return eks, name


def _seen(everywhere: Iterable[EksClusters]) -> dict[EksClusters, Mapping[str, str]]:
    """A aws that cannot tell says so as a source of its own."""
    seen: dict[EksClusters, Mapping[str, str]] = {}
    for eks in everywhere:
        with suppress(ServiceError):
            seen[eks] = eks.clusters()
    return seen
