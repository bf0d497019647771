"""Resolves image references."""

import re

from bot.playground.aws.ecr.registry import Registries

_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr(?:[.-]ecr)(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)


def digest_of(registries: Registries, reference: str) -> str | None:
    """The digest of a reference to one of these registries; None if it is unknown.

    With tag and digest, the digest is used; with neither, the tag `latest`.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    if found["digest"]:
        return found["digest"]
    repositories = registries.at(found["account"], found["region"]).repositories
    repository = repositories.get(found["name"])
    return repository.digest_by_tag.get(found["tag"] or "latest") if repository else None
