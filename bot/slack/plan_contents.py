"""Versions of plans in memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from bot.core.plan import Plan
from bot.render.plan_summary import PlanSummary

CACHED_VERSIONS = 8
"""Reading a large version takes half a second; a running deletion updates its message every few
seconds, and users page through images."""


@dataclass(slots=True)
class _CachedVersion:
    lock: Lock = field(default_factory=Lock)
    summary: PlanSummary | None = None


class PlanContents:
    """Reads versions of plans, and keeps the last ones in memory. Threads that need the same
    version at the same time read it once. `read` gets a plan's ID and a version; its errors are not
    kept."""

    def __init__(self, read: Callable[[str, int], Plan], most: int = CACHED_VERSIONS) -> None:
        self._read = read
        self._most = most
        self._lock = Lock()
        self._versions: OrderedDict[tuple[str, int], _CachedVersion] = OrderedDict()

    def content(self, plan_id: str, version: int) -> Plan:
        return self.summary(plan_id, version).plan

    def summary(self, plan_id: str, version: int) -> PlanSummary:
        cached = self._cached(plan_id, version)
        with cached.lock:
            if cached.summary is None:
                cached.summary = PlanSummary(self._read(plan_id, version))
            return cached.summary

    def remember(self, plan_id: str, version: int, content: Plan) -> None:
        """Saves reading a version that this process has made."""
        cached = self._cached(plan_id, version)
        with cached.lock:
            cached.summary = cached.summary or PlanSummary(content)

    def _cached(self, plan_id: str, version: int) -> _CachedVersion:
        key = (plan_id, version)
        with self._lock:
            found = self._versions.setdefault(key, _CachedVersion())
            self._versions.move_to_end(key)
            while len(self._versions) > self._most:
                self._versions.popitem(last=False)
            return found
