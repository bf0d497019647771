"""Repositories and the registries that hold them."""

import re
from dataclasses import dataclass

from bot.core.patterns import Patterns

REGISTRY_HOST = (
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)(?::443)?"
)
"""A host name of ECR's, in lower case."""

_HOST = re.compile(REGISTRY_HOST)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = rf"{_COMPONENT}(?:/{_COMPONENT})*"
"""How a repository's name is made, of any length: API reference, CreateRepository,
repositoryName; the grammar of distribution/reference is the same."""

_NAME = re.compile(rf"(?=.{{2,256}}\Z){NAME}")


@dataclass(frozen=True, slots=True)
class RegistryId:
    """One account's registry in one Region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} in {self.region}"


@dataclass(frozen=True, slots=True)
class RepositoryId:
    """One ECR repository. `uri` is what its images are pulled by, without tag or digest."""

    registry: RegistryId
    name: str
    uri: str

    def matches(self, patterns: Patterns) -> bool:
        return patterns.match_any((self.name, self.uri))


def parse_registry_host(host: str) -> RegistryId | None:
    """The registry behind a host name, China's, FIPS and dual stack ones included (ECR user
    guide, Private registry; other partitions' suffixes: botocore's partitions.json); None if it
    is no host of ECR's."""
    match = _HOST.fullmatch(host)
    return RegistryId(match["account"], match["region"]) if match else None


def parse_repository_uri(uri: str) -> RepositoryId | None:
    """None if it is none of ECR's, without tag and digest."""
    host, _, name = uri.partition("/")
    registry = parse_registry_host(host)
    return RepositoryId(registry, name, uri) if registry and is_repository_name(name) else None


def is_repository_name(text: str) -> bool:
    """By ECR's own pattern: API reference, CreateRepository, repositoryName."""
    return _NAME.fullmatch(text) is not None
