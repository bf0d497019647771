"""Which repositories exist, as far as references that workloads use are in doubt."""

from collections.abc import Iterable, Sequence
from copy import copy
from threading import Lock

from bot.core.errors import ServiceError
from bot.core.repository import RegistryId
from bot.core.unresolved import Naming, Namings
from bot.ports import Registry
from bot.usecases.find_repositories import Found


class RepositoryNames:
    """The names of all repositories in these registries. Each registry is listed once, and only if
    somebody asks. May be used by several threads."""

    def __init__(self, registries: Sequence[Registry] = ()) -> None:
        self._registries = registries
        self._listed: dict[RegistryId, frozenset[str] | ServiceError] = {}
        self._lock = Lock()

    def missing(
        self, found: Found, named: Namings, deleted_also_in: Iterable[RegistryId]
    ) -> Sequence[Naming]:
        """References to repositories that do not exist, but may mean this one: their names end in
        `/` and its name. `deleted_also_in`: registries that may have replicas; what cannot be
        listed there counts as missing unless the repository's own registry has it.

        Raises ServiceError if a registry cannot be listed.
        """
        here, replicas = found.repository.registry, set(deleted_also_in)
        missing = []
        for naming in named.ending_in(found.repository.name):
            names = self._names(naming.registry, found)
            if names is None and naming.registry in replicas:
                names = self._names(here, found)
            if names is not None and naming.name not in names:
                missing.append(naming)
        return missing

    def _names(self, id_: RegistryId, found: Found) -> frozenset[str] | None:
        """None for none of these registries."""
        registry = found.registry
        if id_ != found.repository.registry:
            other = self._registry(id_)
            if other is None:
                return None
            registry = other
        with self._lock:
            if id_ not in self._listed:
                self._listed[id_] = _list(registry)
            listed = self._listed[id_]
        if isinstance(listed, ServiceError):
            raise copy(listed) from listed
        return listed

    def _registry(self, id_: RegistryId) -> Registry | None:
        """Raises ServiceError if it may be one that does not say which it is."""
        silent: ServiceError | None = None
        for registry in self._registries:
            try:
                if registry.id() == id_:
                    return registry
            except ServiceError as error:
                silent = error
        if silent:
            raise silent
        return None


def _list(registry: Registry) -> frozenset[str] | ServiceError:
    try:
        return frozenset(each.name for each in registry.repositories())
    except ServiceError as error:
        return error
