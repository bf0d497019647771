"""Repositories that registries list, their tags and tag history, and the bot's own reads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, false, func, not_, or_, select
from sqlalchemy.orm import Session

from bot.core.plan import OPEN
from bot.core.pull_times import BotRead, TimeSpan
from bot.core.records import (
    KnownRepository,
    KnownTag,
    LastScan,
    PastTagBinding,
    PlanRecord,
    TagBinding,
    TagScan,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.core.tag_history import CLOCKS_DIFFER
from bot.parallel import in_batches
from bot.store.plans import record_of
from bot.store.table_base import (
    StoreQueries,
    count_of,
    execute_for_each,
    insert_all,
    insert_into,
    insert_new,
)
from bot.store.tables import (
    BotReadRow,
    PastTagBindingRow,
    PlanItemRow,
    PlanRow,
    RepositoryRow,
    SeenSubjectRow,
    TagBindingRow,
    TagLossRow,
    TagScanRow,
)

_LISTING_COLUMNS = ("account", "region", "name", "listed_at")
_SCAN_COLUMNS = ("plan", "looked_at", "stored_bytes")

_OF_REFERRERS = "sha256-"
"""Prefix of the tags of referrers. Users rarely look for them."""

DIGESTS_A_QUERY = 500

_COLUMNS = (
    BotReadRow.digest,
    BotReadRow.at,
    BotReadRow.pulled_before,
    BotReadRow.recorded_from,
    BotReadRow.recorded_until,
)

_Query = Select[str, datetime, datetime | None, datetime | None, datetime | None]


class RepositoryQueries(StoreQueries):
    def save_repositories(
        self, registry: RegistryId, found: Iterable[RepositoryId], at: datetime
    ) -> None:
        """`found`: all repositories that the registry lists. Deletes those that it no longer lists.
        A list that changes while it is read may have a repository twice."""
        rows = {repository: _listed(repository, at) for repository in found}
        with self._database.writing() as session:
            _upsert(session, rows.values(), _LISTING_COLUMNS)
            is_gone = and_(_is_in(registry), RepositoryRow.listed_at < at)
            session.execute(delete(RepositoryRow).where(is_gone))

    def delete_other_registries(self, known: Collection[RegistryId]) -> None:
        """Deletes the repositories of all registries that are not `known`."""
        is_known = or_(false(), *map(_is_in, known))
        with self._database.writing() as session:
            session.execute(delete(RepositoryRow).where(not_(is_known)))

    def save_scan(self, repository: RepositoryId, scan: LastScan) -> None:
        row = _listed(repository, scan.at) | {
            "plan": scan.plan.id,
            "looked_at": scan.at,
            "stored_bytes": scan.stored_bytes,
        }
        with self._database.writing() as session:
            _upsert(session, [row], _SCAN_COLUMNS)

    def scanned_at(self, plan: PlanRecord) -> datetime:
        """When the plan was last found to be current: by the last scan, or when it was proposed."""
        last_scan = select(RepositoryRow.looked_at).where(
            RepositoryRow.repository == plan.repository.uri,
            RepositoryRow.plan == plan.id,
            RepositoryRow.looked_at >= plan.proposed_at,
        )
        with self._database.reading() as session:
            return session.scalar(last_scan) or plan.proposed_at

    def repositories(self) -> Sequence[KnownRepository]:
        """By name."""
        query = (
            select(RepositoryRow, PlanRow)
            .outerjoin(PlanRow, PlanRow.id == RepositoryRow.plan)
            .order_by(RepositoryRow.name, RepositoryRow.repository)
        )
        with self._database.reading() as session:
            return [_repository(row, plan) for row, plan in session.execute(query)]

    def repositories_named(self, name: str) -> Sequence[RepositoryId]:
        """By name or by URI. Several registries may have a repository of that name."""
        has_name = (RepositoryRow.name == name) | (RepositoryRow.repository == name)
        query = select(RepositoryRow).where(has_name).order_by(RepositoryRow.repository)
        with self._database.reading() as session:
            return [_id(row) for row in session.scalars(query)]


def _is_in(registry: RegistryId) -> ColumnElement[bool]:
    return and_(RepositoryRow.account == registry.account, RepositoryRow.region == registry.region)


def _upsert(session: Session, rows: Iterable[dict[str, object]], columns: Sequence[str]) -> None:
    """Updates only `columns` of existing rows."""
    added = insert_into(session, RepositoryRow)
    changed = {column: added.excluded[column] for column in columns}
    execute_for_each(
        session, added.on_conflict_do_update(index_elements=["repository"], set_=changed), rows
    )


def _listed(repository: RepositoryId, at: datetime) -> dict[str, object]:
    return {
        "repository": repository.uri,
        "account": repository.registry.account,
        "region": repository.registry.region,
        "name": repository.name,
        "listed_at": at,
    }


def _repository(row: RepositoryRow, plan: PlanRow | None) -> KnownRepository:
    scan = None
    if plan and row.looked_at:
        scan = LastScan(record_of(plan), row.looked_at, row.stored_bytes)
    return KnownRepository(_id(row), row.listed_at, scan)


def _id(row: RepositoryRow) -> RepositoryId:
    return RepositoryId(RegistryId(row.account, row.region), row.name, row.repository)


_TAG = (TagBindingRow.tag, TagBindingRow.pushed_at, TagBindingRow.size_bytes)


class TagScanQueries(StoreQueries):
    def tag_scan(self, repository: RepositoryId) -> TagScan | None:
        """None if the repository was never scanned."""
        uri = repository.uri
        with self._database.reading() as session:
            scan = session.get(TagScanRow, uri)
            if scan is None:
                return None
            bindings = session.scalars(select(TagBindingRow).where(TagBindingRow.repository == uri))
            losses = session.scalars(select(TagLossRow).where(TagLossRow.repository == uri))
            past = session.scalars(
                select(PastTagBindingRow)
                .where(PastTagBindingRow.repository == uri)
                .order_by(PastTagBindingRow.tag, PastTagBindingRow.digest)
            )
            return TagScan(
                at=scan.at,
                bindings={row.tag: _binding(row) for row in bindings},
                lost={row.digest: row.at for row in losses},
                past=tuple(map(_past_binding, past)),
                known_since=scan.known_since,
            )

    def find_tags(self, repository: RepositoryId, part: str, limit: int) -> Sequence[KnownTag]:
        """Tags of the last scan that contain `part`, in upper or lower case: the tag itself first,
        then tags that start with it, then the others; among these the last pushed first, tags of
        referrers last. Without a part, tags that the open plan deletes come first."""
        uri = repository.uri
        of_open_plan = and_(
            PlanRow.repository == uri,
            PlanRow.state.in_(OPEN),
            PlanItemRow.plan == PlanRow.id,
            PlanItemRow.version == PlanRow.version,
            PlanItemRow.digest == TagBindingRow.digest,
        )
        will_be_deleted = select(PlanItemRow.digest).where(of_open_plan).exists()
        tag, typed = func.lower(TagBindingRow.tag), part.lower()
        nearness = case(
            (TagBindingRow.tag == part, 0),
            (tag == typed, 1),
            (tag.startswith(typed, autoescape=True), 2),
            else_=3,
        )
        is_of_referrer = TagBindingRow.tag.startswith(_OF_REFERRERS)
        newest = (TagBindingRow.pushed_at.desc().nulls_last(), TagBindingRow.tag.desc())
        query = (
            select(*_TAG, will_be_deleted)
            .where(TagBindingRow.repository == uri, tag.contains(typed, autoescape=True))
            .order_by(nearness if part else will_be_deleted.desc(), is_of_referrer, *newest)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [
                KnownTag(tag, bool(will_be_deleted), pushed_at, size_bytes)
                for tag, pushed_at, size_bytes, will_be_deleted in session.execute(query)
            ]

    def all_tags(self, repository: RepositoryId) -> Sequence[str]:
        """Tags of the last scan, in any order."""
        query = select(TagBindingRow.tag).where(TagBindingRow.repository == repository.uri)
        with self._database.reading() as session:
            return list(session.scalars(query))

    def find_digests(self, repository: RepositoryId, prefix: str, limit: int) -> Sequence[str]:
        """Digests of images that had a tag at the last scan, in ascending order."""
        has_prefix = TagBindingRow.digest.startswith(prefix, autoescape=True)
        query = select(TagBindingRow.digest).where(
            TagBindingRow.repository == repository.uri, has_prefix
        )
        with self._database.reading() as session:
            return list(
                session.scalars(query.distinct().order_by(TagBindingRow.digest).limit(limit))
            )

    def tags_of_digests(self, uri: str, digests: Collection[str]) -> Mapping[str, str]:
        """The first tag of each digest that had one at the last scan. `uri`: of the repository."""
        query = (
            select(TagBindingRow.digest, func.min(TagBindingRow.tag))
            .where(TagBindingRow.repository == uri, TagBindingRow.digest.in_(digests))
            .group_by(TagBindingRow.digest)
        )
        with self._database.reading() as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def save_tag_scan(self, repository: RepositoryId, scan: TagScan) -> None:
        """Writes nothing if a later scan is stored, unless it is more than `CLOCKS_DIFFER` later:
        then its clock was wrong."""
        with self._database.writing() as session:
            if _is_the_latest(session, repository.uri, scan):
                _replace(session, repository.uri, scan)


def _binding(row: TagBindingRow) -> TagBinding:
    return TagBinding(
        row.digest, row.since, row.came_after, row.came_by, row.pushed_at, row.size_bytes
    )


def _past_binding(row: PastTagBindingRow) -> PastTagBinding:
    return PastTagBinding(row.tag, row.digest, row.gone_by, row.came_after, row.came_by)


def _is_the_latest(session: Session, uri: str, scan: TagScan) -> bool:
    added = insert_into(session, TagScanRow).values(
        repository=uri, at=scan.at, known_since=scan.known_since
    )
    by_a_clock_ahead = TagScanRow.at > scan.at + CLOCKS_DIFFER
    unless_later = added.on_conflict_do_update(
        index_elements=[TagScanRow.repository],
        set_={"at": added.excluded.at, "known_since": added.excluded.known_since},
        where=(TagScanRow.at <= added.excluded.at) | by_a_clock_ahead,
    )
    return count_of(session, unless_later) == 1


def _replace(session: Session, uri: str, scan: TagScan) -> None:
    session.execute(delete(TagBindingRow).where(TagBindingRow.repository == uri))
    session.execute(delete(TagLossRow).where(TagLossRow.repository == uri))
    session.execute(delete(PastTagBindingRow).where(PastTagBindingRow.repository == uri))
    bindings = (
        {"repository": uri, "tag": tag, **asdict(binding)} for tag, binding in scan.bindings.items()
    )
    past = ({"repository": uri, **asdict(binding)} for binding in scan.past)
    losses = ({"repository": uri, "digest": digest, "at": at} for digest, at in scan.lost.items())
    insert_all(session, TagBindingRow, bindings)
    insert_all(session, TagLossRow, losses)
    insert_all(session, PastTagBindingRow, past)


class BotReadQueries(StoreQueries):
    """All processes write rows in the same order, so that there is no deadlock."""

    def bot_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[BotRead]]:
        query = select(*_COLUMNS).where(BotReadRow.repository == repository.uri)
        reads: defaultdict[str, list[BotRead]] = defaultdict(list)
        with self._database.reading() as session:
            for part in _of(query, digests):
                for digest, at, pulled_before, first, last in session.execute(part):
                    reads[digest].append(BotRead(at, pulled_before, span(first, last)))
        return reads

    def add_bot_reads(self, repository: RepositoryId, reads: Mapping[str, BotRead]) -> None:
        rows = [_row(repository, digest, reads[digest]) for digest in sorted(reads)]
        with self._database.writing() as session:
            added = insert_into(session, BotReadRow)
            times = {each: added.excluded[each] for each in ("recorded_from", "recorded_until")}
            with_span = added.on_conflict_do_update(
                index_elements=[BotReadRow.repository, BotReadRow.digest, BotReadRow.at],
                set_=times,
                where=BotReadRow.recorded_until.is_(None),
            )
            execute_for_each(session, with_span, rows)

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        query = select(SeenSubjectRow.digest).where(SeenSubjectRow.repository == repository.uri)
        with self._database.reading() as session:
            return frozenset(session.scalars(query))

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None:
        rows = [{"repository": repository.uri, "digest": digest} for digest in sorted(digests)]
        with self._database.writing() as session:
            insert_new(session, SeenSubjectRow, rows)


def span(first: datetime | None, last: datetime | None) -> TimeSpan | None:
    return TimeSpan(first, last) if first and last else None


def _row(repository: RepositoryId, digest: str, read: BotRead) -> dict[str, Any]:
    return {
        "repository": repository.uri,
        "digest": digest,
        "at": read.at,
        "pulled_before": read.pulled_before,
        "recorded_from": read.recorded and read.recorded.first,
        "recorded_until": read.recorded and read.recorded.last,
    }


def _of(query: _Query, digests: Sequence[str] | None) -> Iterator[_Query]:
    """Databases limit the number of values in a query."""
    if digests is None:
        yield query
        return
    for some in in_batches(digests, DIGESTS_A_QUERY):
        yield query.where(BotReadRow.digest.in_(some))
