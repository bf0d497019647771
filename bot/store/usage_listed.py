"""What each source of usage listed last."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.ports import Listed
from bot.store.part import Part, upsert
from bot.store.tables import ListedRow


class UsageListed(Part):
    def last_listed(self, source: str, scope: str) -> Listed | None:
        with self._database.reading() as session:
            return _listed(session, source, scope, is_believed=True)

    def believe(self, source: str, scope: str, listed: Listed) -> None:
        with self._database.writing() as session:
            _believe(session, source, scope, listed)

    def doubt(self, source: str, scope: str, listed: Listed) -> None:
        with self._database.writing() as session:
            _note(session, source, scope, listed, is_believed=False)

    def confirm(self, source: str, scope: str) -> Listed | None:
        with self._database.writing() as session:
            doubted = _listed(session, source, scope, is_believed=False)
            if doubted:
                _believe(session, source, scope, doubted)
            return doubted

    def doubted(self) -> Sequence[tuple[str, str]]:
        query = select(ListedRow).where(ListedRow.is_believed.is_(False))
        with self._database.reading() as session:
            return sorted((row.source, row.scope) for row in session.scalars(query))


def _listed(session: Session, source: str, scope: str, *, is_believed: bool) -> Listed | None:
    row = session.get(ListedRow, (source, scope, is_believed))
    return Listed(row.workloads, row.at) if row else None


def _believe(session: Session, source: str, scope: str, listed: Listed) -> None:
    """What is believed ends all doubt."""
    is_doubt = ListedRow.is_believed.is_(False)
    named = (ListedRow.source == source, ListedRow.scope == scope)
    session.execute(delete(ListedRow).where(*named, is_doubt))
    _note(session, source, scope, listed, is_believed=True)


def _note(session: Session, source: str, scope: str, listed: Listed, *, is_believed: bool) -> None:
    key = {"source": source, "scope": scope, "is_believed": is_believed}
    upsert(session, ListedRow, key | {"workloads": listed.workloads, "at": listed.at})
