"""Digests, and the plans of a digest that a user approves together."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, String, and_, case, cast, func, select, update

from bot.core.digests import Digest, DigestReport, OutdatedDigest, PlanSelection
from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.report_schedules import UnlistedRegistry
from bot.store.jobs import format_local, read_local, report_of
from bot.store.plans import record_of
from bot.store.slack_tables import DigestRow, PlanSelectionRow, SelectedPlanRow
from bot.store.table_base import StoreQueries, count_of, insert_all, insert_into
from bot.store.tables import PlanRow, ReportRoundRow, ScheduledReportRow

_OF_ROUND = and_(
    ScheduledReportRow.entry == DigestRow.entry, ScheduledReportRow.local == DigestRow.local
)


class DigestQueries(StoreQueries):
    def make_digest(self, digest: Digest) -> Digest:
        """Stores the digest, and returns it; or the digest of that round, if there is one."""
        row = {
            "id": digest.id,
            "entry": digest.entry,
            "local": format_local(digest.local),
            "channel": digest.channel,
            "made_at": digest.made_at,
        }
        with self._database.writing() as session:
            session.execute(insert_into(session, DigestRow).values(row).on_conflict_do_nothing())
        found = self.digest_of_round(digest.entry, digest.local)
        assert found, "it was stored"
        return found

    def digest(self, id_: str) -> Digest | None:
        return self._first_digest(select(DigestRow).where(DigestRow.id == id_))

    def digest_of_round(self, entry: str, local: datetime) -> Digest | None:
        is_its_own = and_(DigestRow.entry == entry, DigestRow.local == format_local(local))
        return self._first_digest(select(DigestRow).where(is_its_own))

    def digest_of_message(self, channel: str, ts: str) -> Digest | None:
        is_it = and_(DigestRow.channel == channel, DigestRow.ts == ts)
        return self._first_digest(select(DigestRow).where(is_it))

    def newest_digest(self, channel: str | None = None) -> Digest | None:
        """The one that was posted last, in a channel or anywhere."""
        query = select(DigestRow).where(DigestRow.ts.is_not(None))
        if channel is not None:
            query = query.where(DigestRow.channel == channel)
        return self._first_digest(query.order_by(DigestRow.made_at.desc(), DigestRow.id).limit(1))

    def older_digests(self, digest: Digest) -> Sequence[Digest]:
        """Posted digests of the same entry and channel that are older, newest first."""
        is_older = and_(
            DigestRow.entry == digest.entry,
            DigestRow.channel == digest.channel,
            DigestRow.made_at < digest.made_at,
            DigestRow.ts.is_not(None),
        )
        return self._digests(select(DigestRow).where(is_older).order_by(DigestRow.made_at.desc()))

    def digests_of_plan(self, plan: str) -> Sequence[Digest]:
        """Posted digests with the plan, oldest first."""
        query = (
            select(DigestRow)
            .join(ScheduledReportRow, _OF_ROUND)
            .where(ScheduledReportRow.plan == plan, DigestRow.ts.is_not(None))
            .order_by(DigestRow.made_at)
        )
        return self._digests(query)

    def digest_reports(self, digest: Digest) -> Sequence[DigestReport]:
        """All reports of the round, by repository. Those without an outcome are pending."""
        query = (
            select(ScheduledReportRow, PlanRow)
            .outerjoin(PlanRow, PlanRow.id == ScheduledReportRow.plan)
            .where(
                ScheduledReportRow.entry == digest.entry,
                ScheduledReportRow.local == format_local(digest.local),
            )
            .order_by(ScheduledReportRow.repository)
        )
        with self._database.reading() as session:
            return [_digest_report(*row) for row in session.execute(query)]

    def missed_registries(self, digest: Digest) -> Sequence[UnlistedRegistry]:
        """Registries that could not be listed for the round, by name."""
        is_missed = and_(
            ReportRoundRow.entry == digest.entry,
            ReportRoundRow.local == format_local(digest.local),
            ReportRoundRow.listed_at.is_(None),
            ReportRoundRow.failure.is_not(None),
        )
        query = select(ReportRoundRow).where(is_missed).order_by(ReportRoundRow.registry_name)
        with self._database.reading() as session:
            rows = session.scalars(query)
            return [
                UnlistedRegistry(row.registry_name, ErrorText(row.failure or "")) for row in rows
            ]

    def outdated_digests(self, limit: int, plan: str | None = None) -> Sequence[OutdatedDigest]:
        """Posted digests that show another state of their round than the store has. Those that
        were updated last come last. `plan`: only digests with that plan."""
        state = _state().subquery()
        query = (
            select(DigestRow, state.c.state, state.c.deleting)
            .join(state, state.c.id == DigestRow.id)
            .where(DigestRow.ts.is_not(None), DigestRow.shown.is_distinct_from(state.c.state))
            .order_by(DigestRow.shown_at.nulls_first(), DigestRow.id)
            .limit(limit)
        )
        if plan is not None:
            query = query.where(DigestRow.id.in_(_with_plan(plan)))
        with self._database.reading() as session:
            return [
                OutdatedDigest(_digest(row), found, bool(deleting))
                for row, found, deleting in session.execute(query)
            ]

    def digest_state(self, digest: Digest) -> str:
        """Changes with every change of a plan or report of its round."""
        state = _state().where(DigestRow.id == digest.id).subquery()
        with self._database.reading() as session:
            return session.scalar(select(state.c.state)) or ""

    def mark_digest_posted(self, digest: Digest, ts: str) -> bool:
        """False if another process has posted it."""
        is_new = and_(DigestRow.id == digest.id, DigestRow.ts.is_(None))
        with self._database.writing() as session:
            return count_of(session, update(DigestRow).where(is_new).values(ts=ts)) == 1

    def mark_digest_shown(self, digest: Digest, state: str | None, at: datetime) -> bool:
        """Records what the message shows now; None if that is unknown. False if another process
        updated the message since `digest` was read. It is unknown then whose update came last, so
        the digest counts as outdated."""
        is_as_read = and_(
            DigestRow.id == digest.id,
            DigestRow.shown.is_not_distinct_from(digest.shown),
            DigestRow.shown_at.is_not_distinct_from(digest.shown_at),
        )
        shown = update(DigestRow).where(is_as_read).values(shown=state, shown_at=at)
        unknown = update(DigestRow).where(DigestRow.id == digest.id).values(shown=None)
        with self._database.writing() as session:
            if count_of(session, shown) == 1:
                return True
            session.execute(unknown)
            return False

    def mark_digest_listed(self, digest: Digest, *, has_list: bool = True) -> bool:
        """Records whether the CSV file is in the thread. False if that was recorded already."""
        is_new = and_(DigestRow.id == digest.id, DigestRow.has_list.is_not(has_list))
        listed = update(DigestRow).where(is_new).values(has_list=has_list)
        with self._database.writing() as session:
            return count_of(session, listed) == 1

    def forget_digest(self, digest: Digest) -> None:
        """Its message is gone, so it is not updated any more."""
        with self._database.writing() as session:
            session.execute(update(DigestRow).where(DigestRow.id == digest.id).values(ts=None))

    def _first_digest(self, query: Select[DigestRow]) -> Digest | None:
        return next(iter(self._digests(query)), None)

    def _digests(self, query: Select[DigestRow]) -> Sequence[Digest]:
        with self._database.reading() as session:
            return [_digest(row) for row in session.scalars(query)]


def _with_plan(plan: str) -> Select[str]:
    """The IDs of digests."""
    has_plan = ScheduledReportRow.plan == plan
    return select(DigestRow.id).join(ScheduledReportRow, _OF_ROUND).where(has_plan)


def plans_in_digests() -> Select[str | None]:
    """The IDs of the plans in posted digests."""
    is_posted = and_(DigestRow.ts.is_not(None), ScheduledReportRow.plan.is_not(None))
    return select(ScheduledReportRow.plan).join(DigestRow, _OF_ROUND).where(is_posted)


def _state() -> Select[str, str, int]:
    """By digest, a text that changes with every change of a plan or report of its round."""
    revisions = func.coalesce(func.sum(PlanRow.revision), 0)
    settled = func.count(ScheduledReportRow.outcome)
    plans = func.count(ScheduledReportRow.plan)
    numbers = [cast(number, String) for number in (settled, plans, revisions)]
    text = numbers[0] + " " + numbers[1] + " " + numbers[2]
    deleting = func.max(case((PlanRow.state == PlanState.EXECUTING, 1), else_=0))
    return (
        select(DigestRow.id, text.label("state"), deleting.label("deleting"))
        .join(ScheduledReportRow, _OF_ROUND)
        .outerjoin(PlanRow, PlanRow.id == ScheduledReportRow.plan)
        .group_by(DigestRow.id)
    )


def _digest_report(report: ScheduledReportRow, plan: PlanRow | None) -> DigestReport:
    return DigestReport(report_of(report), record_of(plan) if plan else None)


def _digest(row: DigestRow) -> Digest:
    return Digest(
        id=row.id,
        entry=row.entry,
        local=read_local(row.local),
        channel=row.channel,
        made_at=row.made_at,
        ts=row.ts,
        shown=row.shown,
        shown_at=row.shown_at,
        has_list=row.has_list,
    )


class PlanSelectionQueries(StoreQueries):
    def save_selection(self, selection: PlanSelection) -> None:
        row = {
            "id": selection.id,
            "digest": selection.digest,
            "user": selection.user,
            "made_at": selection.made_at,
        }
        plans = (
            {"selection": selection.id, "plan": plan, "version": version}
            for plan, version in selection.versions.items()
        )
        with self._database.writing() as session:
            insert_all(session, PlanSelectionRow, [row])
            insert_all(session, SelectedPlanRow, plans)

    def selection(self, id_: str) -> PlanSelection | None:
        with self._database.reading() as session:
            row = session.get(PlanSelectionRow, id_)
            if row is None:
                return None
            plans = session.scalars(select(SelectedPlanRow).where(SelectedPlanRow.selection == id_))
            found = list(plans)
            return PlanSelection(
                id=row.id,
                digest=row.digest,
                user=row.user,
                made_at=row.made_at,
                versions={each.plan: each.version for each in found},
                submitted_at=row.submitted_at,
                approved=frozenset(each.plan for each in found if each.is_approved),
            )

    def mark_submitted(self, selection: PlanSelection, at: datetime) -> bool:
        """False if it was submitted before, here or by another process."""
        is_new = and_(PlanSelectionRow.id == selection.id, PlanSelectionRow.submitted_at.is_(None))
        submitted = update(PlanSelectionRow).where(is_new).values(submitted_at=at)
        with self._database.writing() as session:
            return count_of(session, submitted) == 1

    def record_selected_approvals(
        self, selection: PlanSelection, approved: Collection[str]
    ) -> None:
        """`approved`: the plans that the user approved."""
        are_these = and_(
            SelectedPlanRow.selection == selection.id, SelectedPlanRow.plan.in_(approved)
        )
        with self._database.writing() as session:
            session.execute(update(SelectedPlanRow).where(are_these).values(is_approved=True))
