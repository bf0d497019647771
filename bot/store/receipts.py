"""What became of plans, in short."""

from sqlalchemy import case, func, select

from bot.core.records import Event, EventName, Item, Outcome, PlanState, Tally
from bot.store.audit import event_of
from bot.store.part import Part
from bot.store.tables import EventRow, ItemRow, PlanRow

_ENDED = (PlanState.DONE, PlanState.FAILED, PlanState.STOPPED)
_TOLD = (Outcome.FAILED, Outcome.SPARED)


class Receipts(Part):
    def tally(self, id_: str, version: int, most_told: int) -> Tally:
        is_its_own = (ItemRow.plan == id_) & (ItemRow.version == version)
        counted = select(ItemRow.outcome, func.count()).where(is_its_own).group_by(ItemRow.outcome)
        failed_first = case((ItemRow.outcome == Outcome.FAILED, 0), else_=1)
        told = (
            select(ItemRow)
            .where(is_its_own, ItemRow.outcome.in_(_TOLD))
            .order_by(failed_first, ItemRow.position)
            .limit(most_told)
        )
        with self._database.reading() as session:
            return Tally(
                {Outcome(outcome): number for outcome, number in session.execute(counted)},
                tuple(
                    Item(row.digest, tuple(row.tags), Outcome(row.outcome), row.reason)
                    for row in session.scalars(told)
                ),
            )

    def freed_bytes_in_all(self) -> int:
        summed = select(func.sum(PlanRow.freed_bytes)).where(PlanRow.state.in_(_ENDED))
        with self._database.reading() as session:
            return int(session.scalar(summed) or 0)

    def last_event(self, id_: str) -> Event | None:
        last = (
            select(EventRow)
            .where(EventRow.plan == id_, EventRow.event != EventName.REFUSED)
            .order_by(EventRow.id.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalars(last).first()
            return event_of(row) if row else None
