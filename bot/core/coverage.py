"""How far the sources of usage look, and what lies beyond."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.repository import RegistryId


@dataclass(frozen=True, slots=True)
class Coverage:
    """Accounts and Regions that are looked at, the registries' own accounts, and those that need
    no look."""

    places: frozenset[RegistryId]
    own_accounts: frozenset[str] = frozenset()
    ignored_accounts: frozenset[str] = frozenset()

    def unseen_pullers(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """Those that may pull, and are neither looked at nor ignored; `*` stands for anybody."""
        known = self.ignored_accounts | self.own_accounts
        known |= {place.account for place in self.places}
        return tuple(sorted(account for account in accounts if account not in known))

    def unseen(self, places: Iterable[RegistryId]) -> Iterator[RegistryId]:
        return (place for place in places if place not in self.places)
