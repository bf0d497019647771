"""Slack messages of plans, Home tabs, and deliveries from Slack."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from bot.core.plan import BEFORE_EXECUTION, PlanState
from bot.core.records import PlanMessage
from bot.store.slack_tables import HomeTabRow, PlanMessageRow, RefusedBlockRow, SlackDeliveryRow
from bot.store.table_base import StoreQueries, count_of, insert_into, upsert
from bot.store.tables import AuditEventRow, PlanRow

KEPT_FOR = timedelta(days=1)
"""Slack retries deliveries for at most an hour: docs.slack.dev, Events API, retries."""


class MessageQueries(StoreQueries):
    def save_message(self, message: PlanMessage) -> None:
        """Records that there is such a message, or that it shows another plan now. Which revision
        it shows is unknown until `mark_shown`."""
        with self._database.writing() as session:
            write_message(session, message)

    def message(self, channel: str, ts: str) -> PlanMessage | None:
        query = select(PlanMessageRow).where(
            PlanMessageRow.channel == channel, PlanMessageRow.ts == ts
        )
        return next(iter(self._messages(query)), None)

    def messages_of(self, plan: str) -> Sequence[PlanMessage]:
        """Oldest first."""
        found = self._messages(select(PlanMessageRow).where(PlanMessageRow.plan == plan))
        return sorted(found, key=lambda message: message.ts)

    def messages_above_another(
        self, *, plan: str | None = None, limit: int | None = None
    ) -> Sequence[PlanMessage]:
        """Messages above another message of the same plan in the same channel that Slack shows.
        Oldest first. `plan`: None for all."""
        lower = aliased(PlanMessageRow)
        is_above = exists().where(
            lower.plan == PlanMessageRow.plan,
            lower.channel == PlanMessageRow.channel,
            lower.ts > PlanMessageRow.ts,
            lower.shown_revision.is_not(None),
        )
        query = select(PlanMessageRow).where(is_above).order_by(PlanMessageRow.ts).limit(limit)
        return self._messages(query if plan is None else query.where(PlanMessageRow.plan == plan))

    def messages_behind(self, limit: int, progress_before: datetime) -> Sequence[PlanMessage]:
        """Messages to update. First those that show another revision of their plan than the one in
        the store, then those of executing plans that were last updated before `progress_before`.
        Among both kinds, those that have waited longest come first."""
        of_plans = (
            select(PlanMessageRow).join(PlanRow, PlanRow.id == PlanMessageRow.plan).limit(limit)
        )
        of_plans = of_plans.order_by(PlanMessageRow.shown_at.nulls_first(), PlanMessageRow.ts)
        is_another = PlanMessageRow.shown_revision.is_distinct_from(PlanRow.revision)
        behind = self._messages(of_plans.where(is_another))
        is_in_progress = and_(
            ~is_another,
            PlanRow.state == PlanState.EXECUTING,
            or_(PlanMessageRow.shown_at.is_(None), PlanMessageRow.shown_at < progress_before),
        )
        in_progress = self._messages(of_plans.where(is_in_progress).limit(limit - len(behind)))
        return [*behind, *in_progress]

    def mark_shown(self, message: PlanMessage, revision: int | None, at: datetime) -> bool:
        """Records the revision that the message shows now; None if that is unknown. False if
        another process updated the message since `message` was read. It is unknown then whose
        update came last, so the message counts as behind."""
        values = {"shown_revision": revision, "shown_at": at}
        with self._database.writing() as session:
            if count_of(session, _changed(message, values)) == 1:
                return True
            unknown = {"shown_revision": None, "updates": PlanMessageRow.updates + 1}
            session.execute(update(PlanMessageRow).where(_is_it(message)).values(unknown))
            return False

    def messages_with_outdated_thread(self, limit: int) -> Sequence[PlanMessage]:
        """Of proposed and approved plans: messages whose thread has neither the whole list of the
        current version nor its changes. A plan without deletions needs no list."""
        query = (
            select(PlanMessageRow)
            .join(PlanRow, PlanRow.id == PlanMessageRow.plan)
            .where(
                PlanRow.state.in_(BEFORE_EXECUTION),
                or_(PlanRow.deletions > 0, PlanMessageRow.listed_version.is_not(None)),
                PlanMessageRow.listed_version.is_distinct_from(PlanRow.version),
            )
            .order_by(PlanMessageRow.ts)
            .limit(limit)
        )
        return self._messages(query)

    def mark_thread(self, message: PlanMessage, version: int | None) -> bool:
        """Records the version whose list or changes are in the thread; None if it has none. False
        if that has changed since `message` was read, here or by another process."""
        is_as_read = PlanMessageRow.listed_version.is_not_distinct_from(message.listed_version)
        is_new = PlanMessageRow.listed_version.is_distinct_from(version)
        marked = update(PlanMessageRow).where(_is_it(message), is_as_read, is_new)
        with self._database.writing() as session:
            return count_of(session, marked.values(listed_version=version)) == 1

    def delete_message(self, message: PlanMessage) -> None:
        with self._database.writing() as session:
            session.execute(delete(PlanMessageRow).where(_is_it(message)))

    def _messages(self, query: Select[PlanMessageRow]) -> Sequence[PlanMessage]:
        with self._database.reading() as session:
            return [_message(row) for row in session.scalars(query)]


def write_message(session: Session, message: PlanMessage) -> None:
    key = {"channel": message.channel, "ts": message.ts}
    facts = {"thread": message.thread, "plan": message.plan}
    listed = case((PlanMessageRow.plan == message.plan, PlanMessageRow.listed_version), else_=None)
    known = {
        "shown_revision": None,
        "listed_version": listed,
        "updates": PlanMessageRow.updates + 1,
    }
    added = insert_into(session, PlanMessageRow).values(key | facts)
    again = added.on_conflict_do_update(index_elements=list(key), set_=facts | known)
    session.execute(again)


def _is_it(message: PlanMessage) -> ColumnElement[bool]:
    return and_(PlanMessageRow.channel == message.channel, PlanMessageRow.ts == message.ts)


def _changed(message: PlanMessage, values: Mapping[str, Any]) -> Update:
    """No rows, if another process changed the message."""
    is_as_seen = and_(_is_it(message), PlanMessageRow.updates == message.updates)
    return (
        update(PlanMessageRow).where(is_as_seen).values({**values, "updates": message.updates + 1})
    )


def _message(row: PlanMessageRow) -> PlanMessage:
    return PlanMessage(
        plan=row.plan,
        channel=row.channel,
        ts=row.ts,
        thread=row.thread,
        shown_revision=row.shown_revision,
        shown_at=row.shown_at,
        listed_version=row.listed_version,
        updates=row.updates,
    )


class HomeTabQueries(StoreQueries):
    def open_home(self, user: str, at: datetime) -> None:
        with self._database.writing() as session:
            row = {"user": user, "opened_at": at, "shown_at": None, "shown_event": None}
            upsert(session, HomeTabRow, row)

    def last_event_number(self) -> int:
        with self._database.reading() as session:
            return int(session.scalar(select(func.max(AuditEventRow.id))) or 0)

    def homes_behind(
        self, opened_since: datetime, shown_before: datetime, limit: int
    ) -> Sequence[str]:
        """Users whose tab does not show the last event, those that have waited longest first. Only
        tabs that were opened since `opened_since` and not shown since `shown_before`."""
        newest = select(func.coalesce(func.max(AuditEventRow.id), 0)).scalar_subquery()
        query = (
            select(HomeTabRow.user)
            .where(
                HomeTabRow.opened_at >= opened_since,
                or_(HomeTabRow.shown_at.is_(None), HomeTabRow.shown_at < shown_before),
                or_(HomeTabRow.shown_event.is_(None), HomeTabRow.shown_event < newest),
            )
            .order_by(HomeTabRow.shown_at.nulls_first(), HomeTabRow.user)
            .limit(limit)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def mark_home_shown(self, user: str, event_number: int | None, at: datetime) -> None:
        """`event_number`: the last event that the tab shows; None if the tab could not be shown."""
        shown = update(HomeTabRow).where(HomeTabRow.user == user)
        with self._database.writing() as session:
            session.execute(shown.values(shown_event=event_number, shown_at=at))


class RefusedBlockQueries(StoreQueries):
    """Kinds of blocks that a workspace refused. `kind`: the `type` of the block."""

    def was_block_refused(self, workspace: str, kind: str, since: datetime) -> bool:
        """Whether the last refusal was after `since`."""
        refused = exists().where(
            RefusedBlockRow.workspace == workspace,
            RefusedBlockRow.kind == kind,
            RefusedBlockRow.refused_at > since,
        )
        with self._database.reading() as session:
            return bool(session.scalar(select(refused)))

    def record_refused_block(self, workspace: str, kind: str, at: datetime) -> None:
        row = {"workspace": workspace, "kind": kind, "refused_at": at}
        with self._database.writing() as session:
            upsert(session, RefusedBlockRow, row)


class SlackDeliveryQueries(StoreQueries):
    def record_delivery(self, id_: str, at: datetime) -> bool:
        """Records what Slack delivered. False if Slack delivered it before, to this process or
        another."""
        with self._database.writing() as session:
            session.execute(delete(SlackDeliveryRow).where(SlackDeliveryRow.at < at - KEPT_FOR))
            added = insert_into(session, SlackDeliveryRow).values(id=id_, at=at)
            return count_of(session, added.on_conflict_do_nothing()) == 1
