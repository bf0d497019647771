"""How far the sources of usage look, and what lies beyond."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.repository import RegistryId
from bot.core.repository_policy import Puller

_SOURCES = {
    "apprunner": "app_runner",
    "build.apprunner": "app_runner",
    "tasks.apprunner": "app_runner",
    "batch": "batch",
    "codebuild": "codebuild",
    "ecs": "ecs",
    "ecs-tasks": "ecs",
    "eks": "kubernetes",
    "eks-fargate-pods": "kubernetes",
    "eks-nodegroup": "kubernetes",
    "pods.eks": "kubernetes",
    "lambda": "lambda",
    "sagemaker": "sagemaker",
}
"""Which source looks at what a service runs. ECR's own services are none of these: replication
copies at each push, and a pull through cache pulls by a role of the account that it belongs to (ECR
user guide, Using service-linked roles)."""

_PRINCIPAL = re.compile(
    r"(?P<service>[a-z0-9.-]+?)(\.[a-z]{2,5}(-[a-z]+)+-\d+)?"
    r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk"
    r"|csp\.hci\.ic\.gov)"
)
"""`SERVICE.SUFFIX` or `SERVICE.REGION.SUFFIX`; suffixes as in botocore's partitions.json."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Accounts and Regions that are looked at, the registries' own accounts, those that need no
    look, the `sources` that are on, and services that need no look."""

    places: frozenset[RegistryId]
    own_accounts: frozenset[str] = frozenset()
    ignored_accounts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    ignored_services: frozenset[str] = frozenset()

    def unseen_accounts(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Those that may pull, by themselves or by a service that is looked at, and are neither
        looked at nor ignored; `*` stands for any."""
        known = self.ignored_accounts | self.own_accounts
        known |= {place.account for place in self.places}
        accounts = {p.account for p in pullers if not p.service or self._is_seen(p.service)}
        return tuple(sorted(accounts - known))

    def unseen_services(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Those that may pull, at which no source that is on looks, and that are not ignored: for
        whichever account they pull. `*` stands for any."""
        services = {p.service for p in pullers if p.service and not self._is_seen(p.service)}
        return tuple(sorted(services - self.ignored_services))

    def unseen(self, places: Iterable[RegistryId]) -> Iterator[RegistryId]:
        return (place for place in places if place not in self.places)

    def _is_seen(self, service: str) -> bool:
        return service not in self.ignored_services and source_for(service) in self.sources


def source_for(service: str) -> str | None:
    """The source that looks at what a service runs, by the service's principal; None if there is
    none."""
    found = _PRINCIPAL.fullmatch(service)
    return _SOURCES.get(found["service"]) if found else None
