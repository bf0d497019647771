"""Lists all registries, so that people are answered by name without asking AWS."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RegistryId
from bot.ports import Registry

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Survey:
    """`warn` gets sentences for the log."""

    store: "Store"
    registries: Iterable[Registry]
    warn: Callable[[str], None]

    def __call__(self, now: datetime) -> None:
        """Of a registry that cannot be listed what was known stays known. Raises ServiceError if
        the database fails. What is in no registry of the settings is forgotten, if all of them
        tell which they are."""
        known = [self._look_at(registry, now) for registry in self.registries]
        named = [id_ for id_ in known if id_]
        if named and len(named) == len(known):
            self.store.forget_other_registries(named)

    def _look_at(self, registry: Registry, now: datetime) -> RegistryId | None:
        """None if it does not even tell which one it is."""
        id_ = None
        try:
            id_ = registry.id()
            found = list(registry.repositories())
        except (RequestError, ServiceError) as error:
            self.warn(f"{error}; until it works, its repositories are known as they were")
        else:
            self.store.remember_repositories(id_, found, now)
        return id_
