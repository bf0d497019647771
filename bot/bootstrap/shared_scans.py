"""Usage scans that several plans share."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from bot.bootstrap.sources import CompletedScan
from bot.core.repository import RegistryId


@dataclass(slots=True)
class SharedScans:
    """The last scan of each registry. May be used by several threads."""

    _scans: dict[RegistryId, CompletedScan] = field(default_factory=dict, init=False)
    _locks: defaultdict[RegistryId, Lock] = field(
        default_factory=lambda: defaultdict(Lock), init=False
    )

    def scan(
        self,
        registry: RegistryId,
        make: Callable[[], CompletedScan],
        is_usable: Callable[[CompletedScan], bool],
    ) -> CompletedScan:
        """The last scan if it is usable, else a new one. Waits for a scan that another thread
        makes. Shares no scan of which a part failed, since the cause may be fixed by now."""
        with self._locks[registry]:
            last = self._scans.get(registry)
            if last and is_usable(last) and not any(each.failure for each in last.snapshot.scans):
                return last
            self._scans[registry] = scan = make()
            return scan
