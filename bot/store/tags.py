"""The tags of each repository at its last scan."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from bot.core.plan_state import OPEN
from bot.core.records import Binding, KnownTag, PastBinding, TagScan
from bot.core.repository import RepositoryId
from bot.core.tag_history import CLOCKS_DIFFER
from bot.store.part import StorePart, count_of, insert_all, insert_into
from bot.store.tables import BindingRow, ItemRow, LossRow, PastBindingRow, PlanRow, ScanRow

_OF_REFERRERS = "sha256-"
"""Prefix of the tags of referrers. Users rarely look for them."""


class TagScans(StorePart):
    def tag_scan(self, repository: RepositoryId) -> TagScan | None:
        """None if the repository was never scanned."""
        uri = repository.uri
        with self._database.reading() as session:
            scan = session.get(ScanRow, uri)
            if scan is None:
                return None
            bindings = session.scalars(select(BindingRow).where(BindingRow.repository == uri))
            losses = session.scalars(select(LossRow).where(LossRow.repository == uri))
            past = session.scalars(
                select(PastBindingRow)
                .where(PastBindingRow.repository == uri)
                .order_by(PastBindingRow.tag, PastBindingRow.digest)
            )
            return TagScan(
                at=scan.at,
                bindings={row.tag: _binding(row) for row in bindings},
                lost={row.digest: row.at for row in losses},
                past=tuple(map(_past_binding, past)),
                known_since=scan.known_since,
            )

    def find_tags(self, repository: RepositoryId, part: str, limit: int) -> Sequence[KnownTag]:
        """Tags of the last scan that contain `part`, in upper or lower case. Tags that the open
        plan deletes come first. Among both kinds, tags of referrers come last, and the order is
        from Z to A."""
        uri = repository.uri
        of_open_plan = and_(
            PlanRow.repository == uri,
            PlanRow.state.in_(OPEN),
            ItemRow.plan == PlanRow.id,
            ItemRow.version == PlanRow.version,
            ItemRow.digest == BindingRow.digest,
        )
        goes = select(ItemRow.digest).where(of_open_plan).exists().label("goes")
        holds_it = func.lower(BindingRow.tag).contains(part.lower(), autoescape=True)
        is_of_referrer = BindingRow.tag.startswith(_OF_REFERRERS)
        query = (
            select(BindingRow.tag, goes)
            .where(BindingRow.repository == uri, holds_it)
            .order_by(goes.desc(), is_of_referrer, BindingRow.tag.desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [KnownTag(tag, bool(goes)) for tag, goes in session.execute(query)]

    def all_tags(self, repository: RepositoryId) -> Sequence[str]:
        """Tags of the last scan, in any order."""
        query = select(BindingRow.tag).where(BindingRow.repository == repository.uri)
        with self._database.reading() as session:
            return list(session.scalars(query))

    def find_digests(self, repository: RepositoryId, beginning: str, limit: int) -> Sequence[str]:
        """Digests of images that had a tag at the last scan, in ascending order."""
        begins_so = BindingRow.digest.startswith(beginning, autoescape=True)
        query = select(BindingRow.digest).where(BindingRow.repository == repository.uri, begins_so)
        with self._database.reading() as session:
            return list(session.scalars(query.distinct().order_by(BindingRow.digest).limit(limit)))

    def remember_tags(self, repository: RepositoryId, scan: TagScan) -> None:
        """Writes nothing if a later scan is known. A known scan that is later by more than clocks
        differ was made by a wrong clock: this one replaces it."""
        with self._database.writing() as session:
            if _is_the_latest(session, repository.uri, scan):
                _replace(session, repository.uri, scan)


def _binding(row: BindingRow) -> Binding:
    return Binding(row.digest, row.since, row.came_after, row.came_by)


def _past_binding(row: PastBindingRow) -> PastBinding:
    return PastBinding(row.tag, row.digest, row.gone_by, row.came_after, row.came_by)


def _is_the_latest(session: Session, uri: str, scan: TagScan) -> bool:
    added = insert_into(session, ScanRow).values(
        repository=uri, at=scan.at, known_since=scan.known_since
    )
    by_a_clock_ahead = ScanRow.at > scan.at + CLOCKS_DIFFER
    unless_later = added.on_conflict_do_update(
        index_elements=[ScanRow.repository],
        set_={"at": added.excluded.at, "known_since": added.excluded.known_since},
        where=(ScanRow.at <= added.excluded.at) | by_a_clock_ahead,
    )
    return count_of(session, unless_later) == 1


def _replace(session: Session, uri: str, scan: TagScan) -> None:
    session.execute(delete(BindingRow).where(BindingRow.repository == uri))
    session.execute(delete(LossRow).where(LossRow.repository == uri))
    session.execute(delete(PastBindingRow).where(PastBindingRow.repository == uri))
    bindings = (
        {"repository": uri, "tag": tag, **asdict(binding)} for tag, binding in scan.bindings.items()
    )
    past = ({"repository": uri, **asdict(binding)} for binding in scan.past)
    losses = ({"repository": uri, "digest": digest, "at": at} for digest, at in scan.lost.items())
    insert_all(session, BindingRow, bindings)
    insert_all(session, LossRow, losses)
    insert_all(session, PastBindingRow, past)
