"""Plans: their states, versions, images and results."""

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, case, delete, exists, func, select, update
from sqlalchemy.orm import Session

from bot.core.errors import DamagedDataError, ErrorText, PlanReplacedError, ServiceError
from bot.core.plan import (
    BEFORE_EXECUTION,
    EXECUTED,
    OPEN,
    ImageGroupCounts,
    Plan,
    PlanState,
    content_hash,
)
from bot.core.records import (
    Approval,
    AuditEvent,
    AuditEventName,
    ImageOutcome,
    OutcomeSummary,
    PlanItem,
    PlanRecord,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.store.audit import event_of
from bot.store.plan_packing import unpack
from bot.store.table_base import FORMER_SKIPPED, StoreQueries, count_of, current_name
from bot.store.tables import ApprovalRow, AuditEventRow, PlanItemRow, PlanRow, PlanVersionRow

NO_CONTENT = b""
"""The content of a replaced version that was not approved."""

ITEM_COLUMNS = (
    PlanItemRow.digest,
    PlanItemRow.tags,
    PlanItemRow.outcome,
    PlanItemRow.reason,
    PlanItemRow.reason_value,
    PlanItemRow.is_unconfirmed,
)
"""The columns of a `PlanItem`."""

_NOT_DELETED = (ImageOutcome.FAILED, ImageOutcome.SKIPPED, FORMER_SKIPPED)


class VersionDifference(msgspec.Struct, frozen=True, array_like=True):
    """Digests that only this version deletes, and digests that only the next version deletes."""

    here: tuple[str, ...]
    in_the_next: tuple[str, ...]


_DIFFERENCE = msgspec.json.Decoder(VersionDifference)


def replace_version(session: Session, plan: str, version: int, by: Collection[str]) -> None:
    """Replaces the content of a version by its difference to the next version. `by`: the digests
    that the next version deletes."""
    before = _stored_deletions(session, plan, version)
    then, now = set(by), set(before)
    difference = VersionDifference(
        tuple(digest for digest in before if digest not in then),
        tuple(digest for digest in by if digest not in now),
    )
    is_its_own = (PlanItemRow.plan == plan) & (PlanItemRow.version == version)
    session.execute(delete(PlanItemRow).where(is_its_own))
    packed = zlib.compress(msgspec.json.encode(difference))
    row = (PlanVersionRow.plan == plan) & (PlanVersionRow.version == version)
    session.execute(update(PlanVersionRow).where(row).values(content=NO_CONTENT, difference=packed))


def deletions_of(session: Session, plan: str, version: int) -> Iterable[str]:
    """The digests that a version deletes; none if there is no such version. In the order of
    deletion, except that digests that the next version does not delete come last."""
    differences = []
    query = select(PlanVersionRow.difference).where(PlanVersionRow.plan == plan)
    while packed := session.scalar(query.where(PlanVersionRow.version == version)):
        differences.append(_DIFFERENCE.decode(zlib.decompress(packed)))
        version += 1
    found = dict.fromkeys(_stored_deletions(session, plan, version))
    for difference in reversed(differences):
        for digest in difference.in_the_next:
            del found[digest]
        found |= dict.fromkeys(difference.here)
    return found


def _stored_deletions(session: Session, plan: str, version: int) -> list[str]:
    is_its_own = (PlanItemRow.plan == plan) & (PlanItemRow.version == version)
    query = select(PlanItemRow.digest).where(is_its_own).order_by(PlanItemRow.position)
    return list(session.scalars(query))


class PlanQueries(StoreQueries):
    def plan(self, id_: str) -> PlanRecord | None:
        return self._first(select(PlanRow).where(PlanRow.id == id_))

    def open_plan(self, repository: RepositoryId) -> PlanRecord | None:
        """The plan that is proposed, approved or executing."""
        is_its_own = PlanRow.repository == repository.uri
        return self._first(select(PlanRow).where(is_its_own, PlanRow.state.in_(OPEN)))

    def open_plans(self) -> Sequence[PlanRecord]:
        """Plans that are proposed, approved or executing, by id."""
        return self._all(select(PlanRow).where(PlanRow.state.in_(OPEN)).order_by(PlanRow.id))

    def approved_plans(self) -> Sequence[PlanRecord]:
        """Plans that are approved or executing, by id."""
        is_approved = PlanRow.state.in_((PlanState.APPROVED, PlanState.EXECUTING))
        return self._all(select(PlanRow).where(is_approved).order_by(PlanRow.id))

    def plans_to_expire(self, now: datetime) -> Sequence[PlanRecord]:
        """Proposed plans whose time for approval is over."""
        is_overdue = (PlanRow.state == PlanState.PROPOSED) & (PlanRow.expires_at <= now)
        return self._all(select(PlanRow).where(is_overdue).order_by(PlanRow.id))

    def plans(self) -> Iterator[PlanRecord]:
        """All plans, last proposed first."""
        return iter(self._all(select(PlanRow).order_by(PlanRow.proposed_at.desc(), PlanRow.id)))

    def last_plan(self, repository: RepositoryId) -> PlanRecord | None:
        """The plan that was proposed last, in whatever state."""
        is_its_own = PlanRow.repository == repository.uri
        last = select(PlanRow).where(is_its_own).order_by(PlanRow.proposed_at.desc()).limit(1)
        return self._first(last)

    def ended_plans(
        self, limit: int, repository: RepositoryId | None = None
    ) -> Sequence[PlanRecord]:
        """Plans with deletions that are no longer open, last proposed first. Of one repository, or
        of all."""
        was_to_delete = PlanRow.deletions > 0
        query = select(PlanRow).where(PlanRow.state.not_in(OPEN), was_to_delete)
        return self._last(query, limit, repository)

    def executed_plans(
        self, limit: int, repository: RepositoryId | None = None
    ) -> Sequence[PlanRecord]:
        """Plans that were executed, wholly or in part, last proposed first. Of one repository, or
        of all."""
        query = select(PlanRow).where(PlanRow.state.in_(EXECUTED))
        return self._last(query, limit, repository)

    def content(self, id_: str, version: int) -> Plan:
        """The content of a version. Of the layers, it has only those that the deletion frees.
        Raises ReplacedError if a newer version replaced this one before anyone approved it,
        DamagedError if the content was changed, ServiceError if the database does not
        have it."""
        with self._database.reading() as session:
            stored = session.get(PlanVersionRow, (id_, version))
            if stored is None:
                raise ServiceError(f"The database has no version {version} of the plan {id_}")
            if stored.content == NO_CONTENT:
                raise PlanReplacedError(
                    f"Version {version} of the plan {id_} is not stored: a newer version replaced "
                    "it before it was approved. Show the newest version"
                )
            content = unpack(stored.content)
            if content_hash(content) != stored.hash:
                raise DamagedDataError(
                    f"Version {version} of the plan {id_} was changed in the database. Dismiss it "
                    "and propose a new one"
                )
            return content

    def items(self, id_: str, version: int) -> Sequence[PlanItem]:
        """The images to delete and their outcomes, in the order of deletion. Empty for a version
        that a newer one replaced before anyone approved it."""
        is_its_own = (PlanItemRow.plan == id_) & (PlanItemRow.version == version)
        query = select(*ITEM_COLUMNS).where(is_its_own).order_by(PlanItemRow.position)
        with self._database.reading() as session:
            return list(map(item_of, session.execute(query)))

    def deletions(self, id_: str, version: int) -> Sequence[str]:
        """The digests that a version deletes, also if a newer version replaced it."""
        with self._database.reading() as session:
            return tuple(deletions_of(session, id_, version))

    def _last(
        self, query: Select[PlanRow], limit: int, repository: RepositoryId | None
    ) -> Sequence[PlanRecord]:
        if repository is not None:
            query = query.where(PlanRow.repository == repository.uri)
        return self._all(query.order_by(PlanRow.proposed_at.desc(), PlanRow.id).limit(limit))

    def _first(self, query: Select[PlanRow]) -> PlanRecord | None:
        return next(iter(self._all(query)), None)

    def _all(self, query: Select[PlanRow]) -> Sequence[PlanRecord]:
        with self._database.reading() as session:
            return [record_of(row) for row in session.scalars(query)]


def item_of(row: Row[Any]) -> PlanItem:
    """`row` has the columns `ITEM_COLUMNS`."""
    reason = row.reason_value or (ErrorText(row.reason) if row.reason else None)
    return PlanItem(
        row.digest,
        tuple(row.tags),
        ImageOutcome(current_name(row.outcome)),
        reason,
        row.is_unconfirmed,
    )


def record_of(row: PlanRow) -> PlanRecord:
    return PlanRecord(
        id=row.id,
        repository=RepositoryId(RegistryId(row.account, row.region), row.name, row.repository),
        version=row.version,
        state=PlanState(row.state),
        hash=row.hash,
        complete=row.complete,
        checked=row.checked,
        manifests=row.manifests,
        deletions=row.deletions,
        freed_bytes=row.freed_bytes,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        execute_after=row.execute_after,
        stop_asked_by=row.stop_asked_by,
        stop_cause=row.stop_cause_value,
        approvals=tuple(sorted(map(_approval, row.approvals), key=lambda each: (each.at, each.by))),
        revision=row.revision,
        exact=row.exact,
        unconfirmed_bytes=row.unconfirmed_bytes,
        image_groups=_image_groups(row),
    )


def _image_groups(row: PlanRow) -> ImageGroupCounts | None:
    if row.images is None or row.images_to_delete is None or row.recent_pulls is None:
        return None
    forgotten = row.images_forgotten or 0
    return ImageGroupCounts(row.images, row.images_to_delete, row.recent_pulls, forgotten)


def _approval(row: ApprovalRow) -> Approval:
    return Approval(row.by, row.at, row.version, row.hash)


class ResultQueries(StoreQueries):
    def outcome_summary(self, id_: str, version: int, most_not_deleted: int) -> OutcomeSummary:
        """Counts the images of this version by outcome. Lists at most `most_not_deleted` of those
        that failed or were skipped."""
        is_its_own = (PlanItemRow.plan == id_) & (PlanItemRow.version == version)
        counted = (
            select(PlanItemRow.outcome, func.count())
            .where(is_its_own)
            .group_by(PlanItemRow.outcome)
        )
        failed_first = case((PlanItemRow.outcome == ImageOutcome.FAILED, 0), else_=1)
        not_deleted = (
            select(*ITEM_COLUMNS)
            .where(is_its_own, PlanItemRow.outcome.in_(_NOT_DELETED))
            .order_by(failed_first, PlanItemRow.position)
            .limit(most_not_deleted)
        )
        with self._database.reading() as session:
            numbers = Counter[ImageOutcome]()
            for outcome, number in session.execute(counted):
                numbers[ImageOutcome(current_name(outcome))] += number
            return OutcomeSummary(
                dict(numbers),
                tuple(map(item_of, session.execute(not_deleted))),
            )

    def freed_bytes_by_region(self) -> Mapping[str, int]:
        """By all plans that were executed, wholly or in part."""
        summed = (
            select(PlanRow.region, func.sum(PlanRow.freed_bytes))
            .where(PlanRow.state.in_(EXECUTED))
            .group_by(PlanRow.region)
        )
        with self._database.reading() as session:
            return {region: int(freed) for region, freed in session.execute(summed)}

    def plans_with_void_approvals(self, limit: int) -> Sequence[PlanRecord]:
        """Proposed and approved plans with approvals of earlier versions. Their approvers were not
        notified yet that these approvals no longer count."""
        notified = func.coalesce(PlanRow.told_version, 0)
        is_void = and_(
            ApprovalRow.plan == PlanRow.id,
            ApprovalRow.version < PlanRow.version,
            ApprovalRow.version >= notified,
        )
        query = (
            select(PlanRow)
            .where(PlanRow.state.in_(BEFORE_EXECUTION), exists().where(is_void))
            .order_by(PlanRow.proposed_at)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [record_of(row) for row in session.scalars(query)]

    def mark_notified(self, plan: PlanRecord, version: int | None) -> bool:
        """Records that the approvers of versions before `version` were notified; None takes that
        back. False if it was recorded already, here or by another process."""
        is_new = PlanRow.told_version.is_distinct_from(version)
        marked = update(PlanRow).where(PlanRow.id == plan.id, is_new).values(told_version=version)
        with self._database.writing() as session:
            return count_of(session, marked) == 1

    def last_event(self, id_: str) -> AuditEvent | None:
        """The last event of a plan. Refusals do not count."""
        last = (
            select(AuditEventRow)
            .where(AuditEventRow.plan == id_, AuditEventRow.event != AuditEventName.REFUSED)
            .order_by(AuditEventRow.id.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalars(last).first()
            return event_of(row) if row else None
