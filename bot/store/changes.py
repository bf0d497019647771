"""Writes a `StoreChange` in one transaction."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, tuple_, update
from sqlalchemy.orm import Session

from bot.core.plan import ImageGroupCounts
from bot.core.records import Approval, ImageOutcome, PlanRecord, StoreChange
from bot.store.audit import add_events
from bot.store.pins import add_removals, change_pins
from bot.store.plan_packing import pack
from bot.store.plans import replace_version
from bot.store.runs import change_run, is_paused
from bot.store.table_base import StoreQueries, count_of, insert_all, insert_into
from bot.store.tables import ApprovalRow, PlanItemRow, PlanRow, PlanVersionRow


class _VersionRows(NamedTuple):
    """The rows of a new version of a plan."""

    row: dict[str, Any]
    items: Sequence[dict[str, Any]]


class ChangeWriter(StoreQueries):
    def commit(self, change: StoreChange) -> bool:
        """Writes the change. False, and nothing is written, if another process was faster:

        - The plan or the run changed after `before` or `run_before` was read.
        - The repository of a new plan has an open plan.
        - A pin to remove is gone, or a pin with the text of a pin to add exists.
        - The plan already has a run, if `run` is a new run.

        Also False if `run` is a new run and ecr-clean is paused.
        """
        version = _new_version(change)  # slow, so before the transaction
        with self._database.writing() as session:
            is_written = (
                not (_starts_run(change) and is_paused(session))
                and _write_plan(session, change)
                and change_run(session, change.run_before, change.run)
                and change_pins(session, removed=change.pins_removed, added=change.pins_added)
            )
            if not is_written:
                session.rollback()
                return False
            if version:
                insert_all(session, PlanVersionRow, [version.row])
                insert_all(session, PlanItemRow, version.items)
                _shrink_replaced(session, change)
            add_removals(session, change.removals)
            add_events(session, change.events)
            return True


def _starts_run(change: StoreChange) -> bool:
    """Whether the change starts the first run of a plan."""
    return change.run is not None and change.run_before is None


def _new_version(change: StoreChange) -> _VersionRows | None:
    before, after, content = change.before, change.after, change.content
    if after is None or (before and before.version == after.version):
        return None
    assert content, "a version without content"
    key = {"plan": after.id, "version": after.version}
    row = key | {"hash": after.hash, "content": pack(content), "made_at": after.proposed_at}
    tags = {judged.manifest.digest: judged.manifest.tags for judged in content.judged}
    pending = key | {"outcome": ImageOutcome.PENDING, "reason": ""}
    items = [
        pending | {"position": position, "digest": digest, "tags": tags[digest]}
        for position, digest in enumerate(content.delete)
    ]
    return _VersionRows(row, items)


def _shrink_replaced(session: Session, change: StoreChange) -> None:
    """Approved versions are kept completely."""
    before, content = change.before, change.content
    if before and content and not before.current_approvals:
        replace_version(session, before.id, before.version, content.delete)


def _write_plan(session: Session, change: StoreChange) -> bool:
    before, after = change.before, change.after
    if after is None:
        assert before is None, "`before` without `after`"
        return True
    is_written = _replace(session, before, after) if before else _make(session, after)
    if is_written:
        _write_approvals(session, after, before.approvals if before else ())
    return is_written


def _make(session: Session, record: PlanRecord) -> bool:
    """Writes nothing if the repository has an open plan."""
    row = insert_into(session, PlanRow).values(_columns(record)).on_conflict_do_nothing()
    return count_of(session, row) == 1


def _replace(session: Session, before: PlanRecord, after: PlanRecord) -> bool:
    is_as_seen = (PlanRow.id == before.id) & (PlanRow.revision == before.revision)
    columns = _columns(after) | {"revision": before.revision + 1}
    return count_of(session, update(PlanRow).where(is_as_seen).values(columns)) == 1


def _columns(record: PlanRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "repository": record.repository.uri,
        "account": record.repository.registry.account,
        "region": record.repository.registry.region,
        "name": record.repository.name,
        "version": record.version,
        "state": record.state,
        "hash": record.hash,
        "complete": record.complete,
        "checked": record.checked,
        "manifests": record.manifests,
        "deletions": record.deletions,
        "freed_bytes": record.freed_bytes,
        "exact": record.exact,
        "proposed_at": record.proposed_at,
        "expires_at": record.expires_at,
        "execute_after": record.execute_after,
        "stop_asked_by": record.stop_asked_by,
        "stop_cause_value": record.stop_cause,
        "revision": record.revision,
        "unconfirmed_bytes": record.unconfirmed_bytes,
        **_image_groups(record.image_groups),
    }


def _image_groups(counts: ImageGroupCounts | None) -> dict[str, Any]:
    every, to_delete, recent_pulls, forgotten = counts or (None, None, None, None)
    return {
        "images": every,
        "images_to_delete": to_delete,
        "recent_pulls": recent_pulls,
        "images_forgotten": forgotten,
    }


def _write_approvals(
    session: Session, after: PlanRecord, approvals_before: tuple[Approval, ...]
) -> None:
    """Writes new approvals, and deletes those that a stop removed."""
    removed = set(approvals_before) - set(after.approvals)
    new = set(after.approvals) - set(approvals_before)
    if removed:
        named = tuple_(ApprovalRow.version, ApprovalRow.by).in_(
            [(each.version, each.by) for each in removed]
        )
        session.execute(delete(ApprovalRow).where(ApprovalRow.plan == after.id, named))
    rows = (
        {
            "plan": after.id,
            "version": each.version,
            "by": each.by,
            "at": each.at,
            "hash": each.hash,
        }
        for each in new
    )
    insert_all(session, ApprovalRow, rows)
