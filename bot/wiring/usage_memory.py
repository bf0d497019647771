"""What sources listed last, as the store and the manifest cache of this machine know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.records import Event
from bot.ports import Confirmation, Doubted, RegionAnswer, ScanMemory, UsageMemory, WorkloadCount


@dataclass(frozen=True, slots=True)
class SharedMemory:
    """`store` goes first, since replicas share it; a new one knows nothing that `cache` knew, and
    a source that shrank meanwhile must not pass for one that is looked at for the first time. What
    other Regions answered stands in `cache` alone."""

    store: UsageMemory
    cache: ScanMemory

    def last_listed(self, source: str, scope: str) -> WorkloadCount | None:
        return self.store.last_listed(source, scope) or self.cache.last_listed(source, scope)

    def believe(self, source: str, scope: str, listed: WorkloadCount) -> None:
        for memory in (self.store, self.cache):
            memory.believe(source, scope, listed)

    def doubt(self, doubted: Doubted) -> None:
        for memory in (self.store, self.cache):
            memory.doubt(doubted)

    def confirm(self, doubted: Doubted, event: Event | None) -> bool:
        """What only the cache doubts goes into the store first, where the audit is."""
        if _place(doubted) not in map(_place, self.store.doubted()):
            if doubted not in self.cache.doubted():
                return False
            self.store.doubt(doubted)
        if not self.store.confirm(doubted, event):
            return False
        self.cache.believe(doubted.source, doubted.scope, doubted.listed)
        return True

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], RegionAnswer]:
        return self.cache.asked_regions(account)

    def remember_regions(self, account: str, asked: Mapping[tuple[str, str], RegionAnswer]) -> None:
        self.cache.remember_regions(account, asked)

    def doubted(self) -> Sequence[Doubted]:
        both = (*self.cache.doubted(), *self.store.doubted())
        return sorted({_place(each): each for each in both}.values())

    def confirmations(self, source: str, scope: str) -> Sequence[Confirmation]:
        return self.store.confirmations(source, scope)


def _place(doubted: Doubted) -> tuple[str, str]:
    return doubted.source, doubted.scope
