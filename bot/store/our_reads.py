"""Reads by all replicas, so that none of them takes the reads of another for pulls."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from bot.core.pull_times import OurRead, Span
from bot.core.repository import RepositoryId
from bot.parallel import in_batches
from bot.store.part import StorePart, for_each, insert_into, insert_new
from bot.store.tables import OurReadRow, SubjectRow

DIGESTS_A_QUERY = 500

_COLUMNS = (
    OurReadRow.digest,
    OurReadRow.at,
    OurReadRow.pulled_before,
    OurReadRow.recorded_from,
    OurReadRow.recorded_until,
)
_Query = Select[str, datetime, datetime | None, datetime | None, datetime | None]


class OurReads(StorePart):
    """All processes write rows in the same order, so that there is no deadlock."""

    def our_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[OurRead]]:
        query = select(*_COLUMNS).where(OurReadRow.repository == repository.uri)
        reads: defaultdict[str, list[OurRead]] = defaultdict(list)
        with self._database.reading() as session:
            for part in _of(query, digests):
                for digest, at, pulled_before, first, last in session.execute(part):
                    reads[digest].append(OurRead(at, pulled_before, span(first, last)))
        return reads

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None:
        rows = [_row(repository, digest, reads[digest]) for digest in sorted(reads)]
        with self._database.writing() as session:
            added = insert_into(session, OurReadRow)
            times = {each: added.excluded[each] for each in ("recorded_from", "recorded_until")}
            with_span = added.on_conflict_do_update(
                index_elements=[OurReadRow.repository, OurReadRow.digest, OurReadRow.at],
                set_=times,
                where=OurReadRow.recorded_until.is_(None),
            )
            for_each(session, with_span, rows)

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        query = select(SubjectRow.digest).where(SubjectRow.repository == repository.uri)
        with self._database.reading() as session:
            return frozenset(session.scalars(query))

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None:
        rows = [{"repository": repository.uri, "digest": digest} for digest in sorted(digests)]
        with self._database.writing() as session:
            insert_new(session, SubjectRow, rows)


def span(first: datetime | None, last: datetime | None) -> Span | None:
    return Span(first, last) if first and last else None


def _row(repository: RepositoryId, digest: str, read: OurRead) -> dict[str, Any]:
    return {
        "repository": repository.uri,
        "digest": digest,
        "at": read.at,
        "pulled_before": read.pulled_before,
        "recorded_from": read.recorded and read.recorded.first,
        "recorded_until": read.recorded and read.recorded.last,
    }


def _of(query: _Query, digests: Sequence[str] | None) -> Iterator[_Query]:
    """Databases limit how many values one query may name."""
    if digests is None:
        yield query
        return
    for some in in_batches(digests, DIGESTS_A_QUERY):
        yield query.where(OurReadRow.digest.in_(some))
