"""Reads plans."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from bot.core.errors import DamagedError, ReplacedError, ServiceError
from bot.core.plan import Plan
from bot.core.plan_hash import content_hash
from bot.core.plan_state import CARRIED_OUT, OPEN, PlanState
from bot.core.records import Approval, Item, Outcome, PlanRecord
from bot.core.repository import RegistryId, RepositoryId
from bot.core.sentence import Sentence
from bot.store.part import StorePart
from bot.store.plan_content import unpack
from bot.store.replaced_versions import NOT_KEPT, deletions_of
from bot.store.tables import ApprovalRow, ItemRow, PlanRow, VersionRow

ITEM = (
    ItemRow.digest,
    ItemRow.tags,
    ItemRow.outcome,
    ItemRow.reason,
    ItemRow.reason_value,
    ItemRow.is_unconfirmed,
)
"""The columns of a line of the receipt."""


class Plans(StorePart):
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
        has_run_out = (PlanRow.state == PlanState.PROPOSED) & (PlanRow.expires_at <= now)
        return self._all(select(PlanRow).where(has_run_out).order_by(PlanRow.id))

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

    def carried_out_plans(
        self, limit: int, repository: RepositoryId | None = None
    ) -> Sequence[PlanRecord]:
        """Plans that were executed, wholly or in part, last proposed first. Of one repository, or
        of all."""
        query = select(PlanRow).where(PlanRow.state.in_(CARRIED_OUT))
        return self._last(query, limit, repository)

    def content(self, id_: str, version: int) -> Plan:
        """What this version proposed. Of the layers, it has only those that the deletion frees.
        Raises ReplacedError if a newer version replaced this one before anyone approved it,
        DamagedError if the content is not what was stored, ServiceError if the database does not
        have it."""
        with self._database.reading() as session:
            stored = session.get(VersionRow, (id_, version))
            if stored is None:
                raise ServiceError(f"The database has no version {version} of the plan {id_}")
            if stored.content == NOT_KEPT:
                raise ReplacedError(
                    f"Version {version} of the plan {id_} is not kept: a newer version replaced it "
                    "before anybody approved it. Look at the newest version"
                )
            content = unpack(stored.content)
            if content_hash(content) != stored.hash:
                raise DamagedError(
                    f"Version {version} of the plan {id_} is not what was stored: somebody changed "
                    "it in the database; dismiss it, and propose a new one"
                )
            return content

    def items(self, id_: str, version: int) -> Sequence[Item]:
        """The images to delete and their outcomes, in the order of deletion. Empty for a version
        that a newer one replaced before anyone approved it."""
        is_its_own = (ItemRow.plan == id_) & (ItemRow.version == version)
        query = select(*ITEM).where(is_its_own).order_by(ItemRow.position)
        with self._database.reading() as session:
            return list(map(item_of, session.execute(query)))

    def deletions(self, id_: str, version: int) -> Sequence[str]:
        """The digests that this version was to delete. Known also for a version that a newer one
        replaced."""
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


def item_of(row: Row[Any]) -> Item:
    """`row` has the columns `ITEM`."""
    reason = row.reason_value or (Sentence(row.reason) if row.reason else None)
    return Item(row.digest, tuple(row.tags), Outcome(row.outcome), reason, row.is_unconfirmed)


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
    )


def _approval(row: ApprovalRow) -> Approval:
    return Approval(row.by, row.at, row.version, row.hash)
