"""Globs of repositories as the resources of an IAM policy, which knows `*` and `?` alone."""

import re
from collections.abc import Iterable

from bot.core.patterns import Patterns, elements, is_star
from bot.core.repository import RegistryId

_CAN_NAME_A_REPOSITORY = re.compile(r"[a-z0-9._/*?-]+")
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
"""Of the host names of registries, by partition: botocore's partitions.json. The others have
amazonaws.com."""


def repository_names(
    patterns: Iterable[Patterns], registry: RegistryId, partition: str
) -> list[str]:
    """Names with `*` and `?` that cover every repository of this registry that these globs can
    match, by its name or by its URI. A set counts as `?`, so they may cover a little more.
    Account and Region of the registry may be `*`."""
    globs = {_without_sets(glob.lower()) for each in patterns for glob in each.globs}
    names = {glob[place:] for glob in globs for place in (0, *_places(glob, registry, partition))}
    return sorted(_without_covered(filter(_CAN_NAME_A_REPOSITORY.fullmatch, names)))


def _without_sets(glob: str) -> str:
    parts = ("*" if is_star(part) else part for part in elements(glob))
    return "".join("?" if part.startswith("[") else part for part in parts)


def _places(glob: str, registry: RegistryId, partition: str) -> Iterable[int]:
    """Where in the glob a repository's name may begin if the glob is matched against its URI."""
    if "*" in (registry.account, registry.region):
        return [place + (sign != "*") for place, sign in enumerate(glob) if sign in "/?*"]
    suffix = _SUFFIXES.get(partition, "amazonaws.com")
    return _places_behind(glob, f"{registry.account}.dkr.ecr.{registry.region}.{suffix}/")


def _places_behind(glob: str, text: str) -> set[int]:
    """Where in the glob a match stands once it has consumed `text`."""
    places = _with_empty_stars(glob, {0})
    for character in text:
        stepped = {
            place if glob[place] == "*" else place + 1
            for place in places
            if place < len(glob) and glob[place] in ("*", "?", character)
        }
        places = _with_empty_stars(glob, stepped)
    return places


def _with_empty_stars(glob: str, places: set[int]) -> set[int]:
    """A `*` may stand for nothing."""
    found = set(places)
    for place in places:
        behind = place
        while glob[behind : behind + 1] == "*":
            behind += 1
            found.add(behind)
    return found


def _without_covered(names: Iterable[str]) -> list[str]:
    """Leaves out names that another name covers."""
    kept: list[str] = []
    for name in names:
        if not any(_covers(other, name) for other in kept):
            kept = [name, *(other for other in kept if not _covers(name, other))]
    return kept


def _covers(wide: str, narrow: str) -> bool:
    """`?` covers no `*`."""
    parts = {"*": ".*", "?": "[^*]"}
    form = "".join(parts.get(sign, re.escape(sign)) for sign in wide)
    return re.fullmatch(form, narrow) is not None
