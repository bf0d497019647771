"""What sources listed last, as the store and the manifest cache of this machine know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.ports import Asked, Listed, ScanMemory, UsageMemory


@dataclass(frozen=True, slots=True)
class SharedMemory:
    """`store` goes first, since replicas share it; a new one knows nothing that `cache` knew, and
    a source that shrank meanwhile must not pass for one that is looked at for the first time. What
    other Regions answered stands in `cache` alone."""

    store: UsageMemory
    cache: ScanMemory

    def last_listed(self, source: str, scope: str) -> Listed | None:
        return self.store.last_listed(source, scope) or self.cache.last_listed(source, scope)

    def believe(self, source: str, scope: str, listed: Listed) -> None:
        for memory in (self.store, self.cache):
            memory.believe(source, scope, listed)

    def doubt(self, source: str, scope: str, listed: Listed) -> None:
        for memory in (self.store, self.cache):
            memory.doubt(source, scope, listed)

    def confirm(self, source: str, scope: str) -> Listed | None:
        confirmed = self.store.confirm(source, scope) or self.cache.confirm(source, scope)
        if confirmed:
            self.believe(source, scope, confirmed)
        return confirmed

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], Asked]:
        return self.cache.asked_regions(account)

    def remember_regions(self, account: str, asked: Mapping[tuple[str, str], Asked]) -> None:
        self.cache.remember_regions(account, asked)

    def doubted(self) -> Sequence[tuple[str, str]]:
        return sorted({*self.store.doubted(), *self.cache.doubted()})
