"""The turn to make the next regular scan of usage, which one worker has at a time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.orm import InstrumentedAttribute

from bot.core.last_use import CLOCKS_DIFFER
from bot.core.records import UsageScanTurn
from bot.store.table_base import StoreQueries, count_of, insert_new
from bot.store.usage_tables import UsageScanTurnRow

_ONLY = 1
"""The id of the only row."""


class UsageScanTurnQueries(StoreQueries):
    """A worker that has lost the turn cannot write to it."""

    def take_usage_scan(
        self, worker: str, now: datetime, every: timedelta, lease: timedelta
    ) -> UsageScanTurn | None:
        """None if no scan is due, or another worker makes it. The first scan is due at once.

        Times that are too far ahead count as over: the clock of the worker that wrote them was
        wrong, or scans were rarer before."""
        first = {"id": _ONLY, "due_at": now, "attempt": 0, "worker": None, "leased_until": None}
        until, leased_until = now + lease, UsageScanTurnRow.leased_until
        is_due = _is_over(UsageScanTurnRow.due_at, now, every)
        is_free = or_(leased_until.is_(None), _is_over(leased_until, now, lease))
        taken = (
            update(UsageScanTurnRow)
            .where(is_due, is_free)
            .values(worker=worker, leased_until=until, attempt=UsageScanTurnRow.attempt + 1)
            .returning(UsageScanTurnRow.attempt)
        )
        with self._database.writing() as session:
            insert_new(session, UsageScanTurnRow, [first])
            attempt = session.scalars(taken).one_or_none()
            return None if attempt is None else UsageScanTurn(attempt, until)

    def renew_usage_scan(self, turn: UsageScanTurn, until: datetime) -> bool:
        """False if the lease expired and another worker took the turn."""
        renewed = update(UsageScanTurnRow).where(_is_still(turn)).values(leased_until=until)
        with self._database.writing() as session:
            return count_of(session, renewed) == 1

    def finish_usage_scan(self, turn: UsageScanTurn, due_at: datetime) -> bool:
        """`due_at`: when the next scan is due. False as in `renew_usage_scan`."""
        finished = (
            update(UsageScanTurnRow)
            .where(_is_still(turn))
            .values(due_at=due_at, worker=None, leased_until=None)
        )
        with self._database.writing() as session:
            return count_of(session, finished) == 1


def _is_over(
    at: InstrumentedAttribute[Any], now: datetime, longest: timedelta
) -> ColumnElement[bool]:
    return or_(at <= now, at > now + longest + CLOCKS_DIFFER)


def _is_still(turn: UsageScanTurn) -> ColumnElement[bool]:
    """The row, if this worker took the turn last and did not finish it."""
    is_taken = UsageScanTurnRow.worker.is_not(None)
    return and_(UsageScanTurnRow.attempt == turn.attempt, is_taken)
