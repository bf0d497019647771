"""Workload counts of usage sources in the manifest cache, for users without a store."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.records import AuditEvent
from bot.core.workload_counts import (
    COMPARED_FOR,
    DoubtedUsage,
    WorkloadCount,
    WorkloadHistory,
)
from bot.store.cache_file import SqliteCacheFile

_DOUBTED, _BELIEVED = 0, 1


class CachedWorkloadCounts(SqliteCacheFile):
    """Raises ServiceError if the file cannot be used. It does not store who confirmed a number."""

    def history(self, source: str, scope: str) -> WorkloadHistory:
        query = (
            "SELECT workloads, at FROM workload_counts WHERE source = ? AND scope = ? ORDER BY at"
        )
        with self._explained():
            rows = self._db.execute(query, (source, scope)).fetchall()
        last = self._listed(source, scope, _BELIEVED)
        return WorkloadHistory(last, tuple(_count(*row) for row in rows))

    def listed_sources(self) -> Sequence[tuple[str, str]]:
        """Source and scope of each history."""
        query = "SELECT source, scope FROM usage_listed WHERE is_believed = ?"
        with self._explained():
            return self._db.execute(query, (_BELIEVED,)).fetchall()

    def forget_listed(self) -> None:
        """After the numbers were moved to the store."""
        with self._explained(), self._db:
            self._db.execute("DELETE FROM usage_listed")
            self._db.execute("DELETE FROM workload_counts")

    def accept(self, source: str, scope: str, listed: WorkloadCount) -> None:
        """Deletes the counts that can never again be the most of the last days."""
        at = listed.at.timestamp()
        with self._explained(), self._db:
            self._believe(source, scope, listed)
            self._db.execute(
                "DELETE FROM workload_counts WHERE source = ? AND scope = ? "
                "AND (at < ? OR at <= ? AND workloads <= ?)",
                (source, scope, at - COMPARED_FOR.total_seconds(), at, listed.workloads),
            )
            self._add(source, scope, listed)

    def doubt(self, doubted: DoubtedUsage) -> None:
        """Does not store `before`."""
        with self._explained(), self._db:
            self._store(doubted.source, doubted.scope, _DOUBTED, doubted.listed)

    def confirm(self, doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        """Records no event: this file has no audit."""
        del event
        source, scope, listed, _ = doubted
        with self._explained(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            now = self._listed(source, scope, _DOUBTED)
            if now is None or now.workloads != listed.workloads:
                return False
            self._believe(source, scope, listed)
            self._db.execute(
                "DELETE FROM workload_counts WHERE source = ? AND scope = ?", (source, scope)
            )
            self._add(source, scope, listed)
        return True

    def doubted(self) -> Sequence[DoubtedUsage]:
        query = (
            "SELECT source, scope, workloads, at FROM usage_listed WHERE is_believed = ? "
            "ORDER BY 1, 2"
        )
        with self._explained():
            rows = self._db.execute(query, (_DOUBTED,)).fetchall()
        return [self._doubted(source, scope, _count(*count)) for source, scope, *count in rows]

    def _doubted(self, source: str, scope: str, listed: WorkloadCount) -> DoubtedUsage:
        before = self.history(source, scope).most(listed.at, _everyone)
        return DoubtedUsage(source, scope, listed, before or listed)

    def _listed(self, source: str, scope: str, is_believed: int) -> WorkloadCount | None:
        query = (
            "SELECT workloads, at FROM usage_listed "
            "WHERE source = ? AND scope = ? AND is_believed = ?"
        )
        with self._explained():
            row = self._db.execute(query, (source, scope, is_believed)).fetchone()
            return _count(*row) if row else None

    def _believe(self, source: str, scope: str, listed: WorkloadCount) -> None:
        """Removes a number that needs a confirmation."""
        self._db.execute("DELETE FROM usage_listed WHERE source = ? AND scope = ?", (source, scope))
        self._store(source, scope, _BELIEVED, listed)

    def _store(self, source: str, scope: str, is_believed: int, listed: WorkloadCount) -> None:
        row = (source, scope, is_believed, listed.workloads, listed.at.timestamp())
        self._db.execute("INSERT OR REPLACE INTO usage_listed VALUES (?, ?, ?, ?, ?)", row)

    def _add(self, source: str, scope: str, listed: WorkloadCount) -> None:
        row = (source, scope, listed.at.timestamp(), listed.workloads)
        self._db.execute("INSERT OR IGNORE INTO workload_counts VALUES (?, ?, ?, ?)", row)


def _everyone(_name: str) -> bool:
    """The file has no confirmations that could be refused."""
    return True


def _count(workloads: int, at: float) -> WorkloadCount:
    return WorkloadCount(workloads, datetime.fromtimestamp(at, UTC))
