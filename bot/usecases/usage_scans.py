"""Makes regular scans of usage, one worker at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.last_use import CLOCKS_DIFFER
from bot.core.records import UsageScanTurn
from bot.ports import Clock
from bot.usecases.deletion.lease import USAGE_SCAN_LEASE, LeaseLostError, lease_of_usage_scan
from bot.usecases.deletion.run import ShutdownError

if TYPE_CHECKING:
    from bot.store.store import Store

RETRY_AFTER = 0.25
"""The part of the interval after which a scan is repeated that failed or was partial. The memory
has a gap if there is no whole scan for two intervals."""

ScanRegistries = Callable[[Callable[[], None]], bool]
"""Scans usage for all registries. The argument raises LeaseLostError if another worker scans now;
it is called often. False if a part of the scan failed."""


@dataclass(slots=True, eq=False)
class RegularUsageScans:
    """Call it often: it scans if a scan is due. `worker`: the name of this process. `every`: the
    interval. `kept_for`: how long uses are remembered."""

    store: "Store"
    worker: str
    every: timedelta
    kept_for: timedelta
    scan: ScanRegistries
    clock: Clock
    _not_before: datetime | None = field(default=None, init=False)
    """When the next scan is due by the clock of this process. Without it, two workers whose clocks
    differ by more than `every` would find each other's scans overdue, and scan all the time."""

    def __call__(self, now: datetime) -> None:
        """Raises what `scan` raises, and ServiceError if the database fails."""
        if self._is_early(now):
            return
        turn = self.store.take_usage_scan(self.worker, now, self.every, USAGE_SCAN_LEASE)
        if turn:
            self._take_turn(turn, now)

    def _take_turn(self, turn: UsageScanTurn, now: datetime) -> None:
        lease = lease_of_usage_scan(self.store, turn, self.clock)
        try:
            with lease.kept():
                is_whole = self.scan(lease.expect_not_lost)
        except ShutdownError:
            lease.release()
        except LeaseLostError:
            pass
        except Exception:
            self._finish(turn, now + self.every * RETRY_AFTER)
            raise
        else:
            self._finish(turn, now + self.every * (1.0 if is_whole else RETRY_AFTER))
            if is_whole:
                self._forget_old(now)

    def _forget_old(self, now: datetime) -> None:
        """Call it after a whole scan: AWS accepts no call of a process whose clock is far ahead,
        which would forget too much."""
        self.store.forget_usage(now - self.kept_for)

    def _is_early(self, now: datetime) -> bool:
        """A time that is too far ahead does not count: the clock was wrong before."""
        due = self._not_before
        return due is not None and now < due <= now + self.every + CLOCKS_DIFFER

    def _finish(self, turn: UsageScanTurn, due_at: datetime) -> None:
        self._not_before = due_at
        self.store.finish_usage_scan(turn, due_at)
