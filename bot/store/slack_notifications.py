"""What users were notified of in Slack: plans that wait for approval, and pauses."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update

from bot.core.plan import OPEN, PlanState
from bot.core.records import AuditEvent, AuditEventName, PlanRecord
from bot.store.audit import event_of
from bot.store.digests import plans_in_digests
from bot.store.plans import record_of
from bot.store.slack_tables import ApprovalRequestRow, PauseAnnouncementRow, PlanMessageRow
from bot.store.table_base import StoreQueries, count_of, insert_into
from bot.store.tables import AuditEventRow, PlanRow


class ReminderQueries(StoreQueries):
    def plans_to_remind(self, proposed_before: datetime, now: datetime) -> Sequence[PlanRecord]:
        """Plans that can be approved, that have a message or a digest, were proposed before
        `proposed_before`, and whose version had no reminder. Oldest first."""
        query = (
            select(PlanRow)
            .where(
                PlanRow.state == PlanState.PROPOSED,
                PlanRow.complete,
                PlanRow.checked,
                PlanRow.deletions > 0,
                PlanRow.proposed_at < proposed_before,
                PlanRow.expires_at > now,
                PlanRow.reminded_version.is_distinct_from(PlanRow.version),
                or_(
                    exists().where(PlanMessageRow.plan == PlanRow.id),
                    PlanRow.id.in_(plans_in_digests()),
                ),
            )
            .order_by(PlanRow.proposed_at)
        )
        with self._database.reading() as session:
            return [record_of(row) for row in session.scalars(query)]

    def mark_reminded(self, plan: PlanRecord) -> bool:
        """Records the reminder of this version. False if it was recorded already, here or by
        another process, or if the plan has changed."""
        is_due = and_(_is_as_read(plan), PlanRow.reminded_version.is_distinct_from(plan.version))
        marked = update(PlanRow).where(is_due).values(reminded_version=plan.version)
        with self._database.writing() as session:
            return count_of(session, marked) == 1

    def forget_reminder(self, plan: PlanRecord) -> None:
        with self._database.writing() as session:
            session.execute(
                update(PlanRow)
                .where(PlanRow.id == plan.id, PlanRow.reminded_version == plan.version)
                .values(reminded_version=None)
            )

    def record_approval_request(self, plan: PlanRecord, user: str, at: datetime) -> bool:
        """Records that the user asked the approvers of this version. False if they asked before."""
        row = {"plan": plan.id, "version": plan.version, "user": user, "at": at}
        with self._database.writing() as session:
            added = insert_into(session, ApprovalRequestRow).values(row)
            return count_of(session, added.on_conflict_do_nothing()) == 1

    def forget_approval_request(self, plan: PlanRecord, user: str) -> None:
        its_key = and_(
            ApprovalRequestRow.plan == plan.id,
            ApprovalRequestRow.version == plan.version,
            ApprovalRequestRow.user == user,
        )
        with self._database.writing() as session:
            session.execute(delete(ApprovalRequestRow).where(its_key))


def _is_as_read(plan: PlanRecord) -> ColumnElement[bool]:
    return and_(PlanRow.id == plan.id, PlanRow.revision == plan.revision)


class PauseAnnouncementQueries(StoreQueries):
    def channels_with_open_plans(self) -> Sequence[str]:
        """Channels with messages of open plans that delete images or are incomplete."""
        is_shown = and_(
            PlanRow.state.in_(OPEN), or_(PlanRow.deletions > 0, PlanRow.complete.is_(False))
        )
        query = (
            select(PlanMessageRow.channel)
            .join(PlanRow, PlanRow.id == PlanMessageRow.plan)
            .where(is_shown)
            .distinct()
            .order_by(PlanMessageRow.channel)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def announced_pauses(self) -> Mapping[str, datetime]:
        """By channel: when the pause started that was announced there, and whose end was not."""
        query = select(PauseAnnouncementRow.channel, PauseAnnouncementRow.paused_at)
        with self._database.reading() as session:
            return {row.channel: row.paused_at for row in session.execute(query)}

    def mark_pause_announced(self, channel: str, paused_at: datetime) -> bool:
        """False if a pause is announced there already, here or by another process."""
        with self._database.writing() as session:
            added = insert_into(session, PauseAnnouncementRow).values(
                channel=channel, paused_at=paused_at
            )
            return count_of(session, added.on_conflict_do_nothing()) == 1

    def mark_pause_over(self, channel: str, paused_at: datetime) -> bool:
        """False if its end is announced there already, here or by another process."""
        its_row = and_(
            PauseAnnouncementRow.channel == channel, PauseAnnouncementRow.paused_at == paused_at
        )
        with self._database.writing() as session:
            return count_of(session, delete(PauseAnnouncementRow).where(its_row)) == 1

    def end_of_pause(self, paused_at: datetime) -> AuditEvent | None:
        """The event that ended the pause."""
        ended = (
            select(AuditEventRow)
            .where(AuditEventRow.event == AuditEventName.RESUMED, AuditEventRow.at >= paused_at)
            .order_by(AuditEventRow.id)
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalars(ended).first()
            return event_of(row) if row else None
