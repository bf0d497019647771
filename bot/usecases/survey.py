"""Lists all registries, so that people are answered by name without asking AWS."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.errors import ServiceError
from bot.ports import Registry, Repositories


@dataclass(frozen=True, slots=True)
class Survey:
    """`warn` gets sentences for the log."""

    store: Repositories
    registries: Iterable[Registry]
    warn: Callable[[str], None]

    def __call__(self, now: datetime) -> None:
        """Of a registry that cannot be listed what was known stays known. Raises ServiceError if
        the database fails."""
        for registry in self.registries:
            try:
                id_, found = registry.id(), list(registry.repositories())
            except ServiceError as error:
                self.warn(f"{error}; until it works, its repositories are known as they were")
            else:
                self.store.remember_repositories(id_, found, now)
