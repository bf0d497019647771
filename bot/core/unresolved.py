"""References to registries that lead to no known repository, and which repositories they could
mean."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.obstacles import NoReferences, ReferenceUse, RepositoriesMissing
from bot.core.references import PossibleNames
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import Look

REFERENCES = "references"
"""Names the looks at references that lead to no known repository."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Workloads name an image by a text that is no reference."""

    image: str
    used_by: tuple[str, ...]
    possible_names: frozenset[PossibleNames]

    def may_mean(self, registry: RegistryId, name: str) -> bool:
        return any(possible.include(registry, name) for possible in self.possible_names)


@dataclass(frozen=True, slots=True)
class Naming:
    """A workload names an image of this repository, whether the registry has it or not."""

    registry: RegistryId
    name: str
    image: str
    used_by: str

    @property
    def order(self) -> tuple[str, str]:
        return self.image, self.used_by

    @property
    def endings(self) -> Iterator[str]:
        """What is left of the name without the first part of its path, the first two, and so on."""
        rest = self.name
        while "/" in rest:
            rest = rest.partition("/")[2]
            yield rest


class Namings:
    """One workload for every repository that is named, found by the end of that name in O(1)."""

    def __init__(self, namings: Iterable[Naming] = ()) -> None:
        self._all = tuple(namings)
        by_ending: defaultdict[str, list[Naming]] = defaultdict(list)
        for naming in self._all:
            for ending in naming.endings:
                by_ending[ending].append(naming)
        self._by_ending: Mapping[str, list[Naming]] = dict(by_ending)

    def __iter__(self) -> Iterator[Naming]:
        return iter(self._all)

    def ending_in(self, name: str) -> tuple[Naming, ...]:
        """Those of repositories whose names end in `/` and this name."""
        return tuple(self._by_ending.get(name, ()))


def look_at_unreadable(repository: RepositoryId, found: Iterable[Unreadable]) -> Look:
    """`found`: all that may mean the repository."""
    uses = tuple(ReferenceUse(each.image, each.used_by) for each in found)
    return Look(REFERENCES, repository.uri, 0, NoReferences(uses))


def look_at_missing(repository: RepositoryId, found: Iterable[Naming]) -> Look:
    """`found`: all that name a repository which its registry lacks, and may mean this one."""
    uses = tuple(ReferenceUse(each.image, (each.used_by,)) for each in found)
    return Look(REFERENCES, repository.uri, 0, RepositoriesMissing(uses))
