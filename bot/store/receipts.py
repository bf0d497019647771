"""Results of plans, in short."""

from collections.abc import Sequence

from sqlalchemy import and_, case, exists, func, select, update

from bot.core.plan_state import AWAITING, CARRIED_OUT
from bot.core.records import Event, EventName, Outcome, PlanRecord, Tally
from bot.store.audit import event_of
from bot.store.part import StorePart, count_of
from bot.store.plans import ITEM, item_of, record_of
from bot.store.tables import ApprovalRow, EventRow, ItemRow, PlanRow

_TOLD = (Outcome.FAILED, Outcome.SPARED)


class Receipts(StorePart):
    def tally(self, id_: str, version: int, most_told: int) -> Tally:
        """How many images of this version have which outcome, and the first `most_told` of those
        that failed or were skipped."""
        is_its_own = (ItemRow.plan == id_) & (ItemRow.version == version)
        counted = select(ItemRow.outcome, func.count()).where(is_its_own).group_by(ItemRow.outcome)
        failed_first = case((ItemRow.outcome == Outcome.FAILED, 0), else_=1)
        told = (
            select(*ITEM)
            .where(is_its_own, ItemRow.outcome.in_(_TOLD))
            .order_by(failed_first, ItemRow.position)
            .limit(most_told)
        )
        with self._database.reading() as session:
            return Tally(
                {Outcome(outcome): number for outcome, number in session.execute(counted)},
                tuple(map(item_of, session.execute(told))),
            )

    def freed_bytes_in_all(self) -> int:
        """By all plans that were executed, wholly or in part."""
        summed = select(func.sum(PlanRow.freed_bytes)).where(PlanRow.state.in_(CARRIED_OUT))
        with self._database.reading() as session:
            return int(session.scalar(summed) or 0)

    def plans_to_tell_of(self, limit: int) -> Sequence[PlanRecord]:
        """Proposed and approved plans with approvals of earlier versions. Their approvers were not
        notified yet that these approvals no longer count."""
        told = func.coalesce(PlanRow.told_version, 0)
        counts_no_more = and_(
            ApprovalRow.plan == PlanRow.id,
            ApprovalRow.version < PlanRow.version,
            ApprovalRow.version >= told,
        )
        query = (
            select(PlanRow)
            .where(PlanRow.state.in_(AWAITING), exists().where(counts_no_more))
            .order_by(PlanRow.proposed_at)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [record_of(row) for row in session.scalars(query)]

    def mark_told(self, plan: PlanRecord, version: int | None) -> bool:
        """Records that the approvers of versions before `version` were notified; None takes that
        back. False if it was recorded already, here or by another process."""
        is_news = PlanRow.told_version.is_distinct_from(version)
        marked = update(PlanRow).where(PlanRow.id == plan.id, is_news).values(told_version=version)
        with self._database.writing() as session:
            return count_of(session, marked) == 1

    def last_event(self, id_: str) -> Event | None:
        """The last event of a plan. Refusals do not count."""
        last = (
            select(EventRow)
            .where(EventRow.plan == id_, EventRow.event != EventName.REFUSED)
            .order_by(EventRow.id.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalars(last).first()
            return event_of(row) if row else None
