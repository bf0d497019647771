"""What earlier scans of usage saw in use, and when they were made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from bot.core.image_references import RepositoryPlace
from bot.core.last_use import LastUse, ScanPlace, ScanTimes, SeenUses
from bot.parallel import in_batches
from bot.store.table_base import (
    StoreQueries,
    TableBase,
    execute_for_each,
    insert_into,
    insert_new,
)
from bot.store.usage_tables import DigestUseRow, TagUseRow, UsageScanRow

DIGESTS_A_QUERY = 500
USES_A_TRANSACTION = 10_000
"""They take up to half a second."""


class UsageHistoryQueries(StoreQueries):
    def record_usage(self, seen: SeenUses, scanned: Iterable[ScanPlace], at: datetime) -> None:
        """Stores what a scan saw, and that it scanned these places whole. Does not replace a later
        use. `at`: when the scan started, in UTC.

        Writes the scans last. Uses are written in several transactions, so that no other process
        waits for long; each by key, since two transactions with another order could wait for each
        other."""
        digests = [({"digest": digest}, use) for digest, use in sorted(seen.by_digest.items())]
        tags = [
            ({"repository": repository, "tag": tag}, use)
            for repository, uses in sorted((_key(place), u) for place, u in seen.by_tag.items())
            for tag, use in sorted(uses.items())
        ]
        self._keep_later(DigestUseRow, digests)
        self._keep_later(TagUseRow, tags)
        with self._database.writing() as session:
            insert_new(session, UsageScanRow, [each._asdict() | {"at": at} for each in scanned])

    def _keep_later(
        self, row: type[TableBase], uses: Sequence[tuple[dict[str, str], LastUse]]
    ) -> None:
        """`uses`: each with its key."""
        for some in in_batches(uses, USES_A_TRANSACTION):
            values = [key | use._asdict() for key, use in some]
            with self._database.writing() as session:
                _upsert_later(session, row, values)

    def last_uses(self, digests: Sequence[str]) -> Mapping[str, LastUse]:
        """By digest, in any repository. Digests that no scan saw in use are left out."""
        found: dict[str, LastUse] = {}
        query = select(
            DigestUseRow.digest, DigestUseRow.at, DigestUseRow.users, DigestUseRow.others
        )
        with self._database.reading() as session:
            for some in in_batches(digests, DIGESTS_A_QUERY):
                for digest, at, users, others in session.execute(
                    query.where(DigestUseRow.digest.in_(some))
                ):
                    found[digest] = LastUse(at, tuple(users), others)
        return found

    def last_uses_of_tags(self, repositories: Iterable[RepositoryPlace]) -> Mapping[str, LastUse]:
        """By tag, the last use in any of the repositories."""
        found: dict[str, LastUse] = {}
        keys = [_key(repository) for repository in repositories]
        query = select(TagUseRow.tag, TagUseRow.at, TagUseRow.users, TagUseRow.others).where(
            TagUseRow.repository.in_(keys)
        )
        with self._database.reading() as session:
            for tag, at, users, others in session.execute(query):
                use = LastUse(at, tuple(users), others)
                found[tag] = max(use, found.get(tag, use))
        return found

    def usage_scans(self, after: datetime) -> ScanTimes:
        """The whole scans after this time, oldest first."""
        found: defaultdict[ScanPlace, list[datetime]] = defaultdict(list)
        query = (
            select(UsageScanRow.source, UsageScanRow.scope, UsageScanRow.at)
            .where(UsageScanRow.at > after)
            .order_by(UsageScanRow.at)
        )
        with self._database.reading() as session:
            for source, scope, at in session.execute(query):
                found[ScanPlace(source, scope)].append(at)
        return found

    def forget_usage(self, before: datetime) -> None:
        """Deletes uses and scans before this time."""
        with self._database.writing() as session:
            for row in (DigestUseRow, TagUseRow, UsageScanRow):
                session.execute(delete(row).where(row.at < before))


def _key(repository: RepositoryPlace) -> str:
    registry, name = repository
    return f"{registry.account}/{registry.region}/{name}"


def _upsert_later(session: Session, row: type[TableBase], values: Iterable[dict[str, Any]]) -> None:
    table = row.__table__
    assert isinstance(table, Table)
    added = insert_into(session, row)
    replaced = {name: added.excluded[name] for name in ("at", "users", "others")}
    later = added.on_conflict_do_update(
        index_elements=table.primary_key, set_=replaced, where=added.excluded["at"] > table.c["at"]
    )
    execute_for_each(session, later, values)
