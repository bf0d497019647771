"""The repositories that registries list, and the result of the last scan of each."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, false, not_, or_, select
from sqlalchemy.orm import Session

from bot.core.records import KnownRepository, LastLook, PlanRecord
from bot.core.repository import RegistryId, RepositoryId
from bot.store.part import StorePart, for_each, insert_into
from bot.store.plans import record_of
from bot.store.tables import PlanRow, RepositoryRow

_LISTED = ("account", "region", "name", "listed_at")
_LOOKED = ("plan", "looked_at", "stored_bytes")


class Repositories(StorePart):
    def remember_repositories(
        self, registry: RegistryId, found: Iterable[RepositoryId], at: datetime
    ) -> None:
        """`found`: all repositories that the registry lists. Others that were known of it are
        forgotten. A list that changes while it is read may have a repository twice."""
        rows = {repository: _listed(repository, at) for repository in found}
        with self._database.writing() as session:
            _upsert(session, rows.values(), _LISTED)
            is_gone = and_(_is_in(registry), RepositoryRow.listed_at < at)
            session.execute(delete(RepositoryRow).where(is_gone))

    def forget_other_registries(self, known: Collection[RegistryId]) -> None:
        """Forgets the repositories of all registries that are not `known`."""
        is_known = or_(false(), *map(_is_in, known))
        with self._database.writing() as session:
            session.execute(delete(RepositoryRow).where(not_(is_known)))

    def remember_look(self, repository: RepositoryId, look: LastLook) -> None:
        row = _listed(repository, look.at) | {
            "plan": look.plan.id,
            "looked_at": look.at,
            "stored_bytes": look.stored_bytes,
        }
        with self._database.writing() as session:
            _upsert(session, [row], _LOOKED)

    def looked_at(self, plan: PlanRecord) -> datetime:
        """When the plan was last found to be current: by the last scan, or when it was proposed."""
        its_last_look = select(RepositoryRow.looked_at).where(
            RepositoryRow.repository == plan.repository.uri,
            RepositoryRow.plan == plan.id,
            RepositoryRow.looked_at >= plan.proposed_at,
        )
        with self._database.reading() as session:
            return session.scalar(its_last_look) or plan.proposed_at

    def repositories(self) -> Sequence[KnownRepository]:
        """By name."""
        query = (
            select(RepositoryRow, PlanRow)
            .outerjoin(PlanRow, PlanRow.id == RepositoryRow.plan)
            .order_by(RepositoryRow.name, RepositoryRow.repository)
        )
        with self._database.reading() as session:
            return [_repository(row, plan) for row, plan in session.execute(query)]

    def repositories_called(self, name: str) -> Sequence[RepositoryId]:
        """By name or by URI. Several registries may have a repository of that name."""
        is_called_so = (RepositoryRow.name == name) | (RepositoryRow.repository == name)
        query = select(RepositoryRow).where(is_called_so).order_by(RepositoryRow.repository)
        with self._database.reading() as session:
            return [_id(row) for row in session.scalars(query)]


def _is_in(registry: RegistryId) -> ColumnElement[bool]:
    return and_(RepositoryRow.account == registry.account, RepositoryRow.region == registry.region)


def _upsert(session: Session, rows: Iterable[dict[str, object]], columns: Sequence[str]) -> None:
    """Of rows that exist already, only those columns are overwritten."""
    added = insert_into(session, RepositoryRow)
    changed = {column: added.excluded[column] for column in columns}
    for_each(
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
    look = None
    if plan and row.looked_at:
        look = LastLook(record_of(plan), row.looked_at, row.stored_bytes)
    return KnownRepository(_id(row), row.listed_at, look)


def _id(row: RepositoryRow) -> RepositoryId:
    return RepositoryId(RegistryId(row.account, row.region), row.name, row.repository)
