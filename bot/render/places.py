"""Where a repository is, in JSON and CSV: its name, account and Region."""

from typing import NamedTuple

from bot.core.repository import RepositoryId, parse_registry_host


class Place(NamedTuple):
    repository: str | None
    registry_id: str | None
    region: str | None


def place(repository: RepositoryId) -> Place:
    return Place(repository.name, repository.registry.account, repository.registry.region)


def place_of(uri: str | None) -> Place:
    """What is no URI of a repository stands as it is: a glob of the settings, or none."""
    host, _, name = (uri or "").partition("/")
    registry = parse_registry_host(host)
    return Place(name, registry.account, registry.region) if registry else Place(uri, None, None)
