"""Base classes and column types of the tables, and helpers for queries."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Delete, Dialect, MetaData, String, Table, Update, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from bot import sanitize
from bot.store.database import Database

Insert = sqlite.Insert | postgresql.Insert

FORMER_SKIPPED = "spared"
"""The former name of the outcome and audit event `skipped`. Processes of versions before migration
0012 still write it during an upgrade."""


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC. Refuses times without a zone, which would depend on the machine. SQLite
    stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class RedactedText(TypeDecorator[str]):
    """Text with secrets removed. Control characters are kept, and escaped when they are shown."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        return None if value is None else sanitize.redacted(value)


class TableBase(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime(),
        tuple[str, ...]: JSON(),
        dict[str, str]: JSON(),
    }


def current_name(stored: str) -> str:
    """The current name of a stored outcome or audit event."""
    return "skipped" if stored == FORMER_SKIPPED else stored


class StoreQueries:
    """A group of methods of the store. Each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database


def insert_into(session: Session, row: type[TableBase]) -> Insert:
    """An INSERT that supports ON CONFLICT."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(row) if on_sqlite else postgresql.insert(row)


def count_of(session: Session, statement: Insert | Update | Delete) -> int:
    """Executes the statement. Returns the number of rows that it wrote."""
    options = {"preserve_rowcount": True}
    return session.connection().execute(statement, execution_options=options).rowcount


def upsert(session: Session, row: type[TableBase], values: dict[str, Any]) -> None:
    """Replaces a row with the same key."""
    upsert_all(session, row, [values])


def upsert_all(session: Session, row: type[TableBase], values: Iterable[dict[str, Any]]) -> None:
    """Replaces rows with the same keys. If `values` has a key several times, the last counts."""
    table = row.__table__
    assert isinstance(table, Table)
    key = [column.name for column in table.primary_key]
    by_key = {tuple(each[name] for name in key): each for each in values}
    added = insert_into(session, row)
    replaced = {c.name: added.excluded[c.name] for c in table.columns if not c.primary_key}
    overwriting = added.on_conflict_do_update(index_elements=table.primary_key, set_=replaced)
    execute_for_each(session, overwriting, by_key.values())


def insert_new(session: Session, row: type[TableBase], values: Iterable[dict[str, Any]]) -> None:
    """Does not change rows with the same keys."""
    execute_for_each(session, insert_into(session, row).on_conflict_do_nothing(), values)


def insert_all(session: Session, row: type[TableBase], values: Iterable[dict[str, Any]]) -> None:
    execute_for_each(session, insert_into(session, row), values)


def execute_for_each(session: Session, statement: Insert, values: Iterable[dict[str, Any]]) -> None:
    """Writes 1,000 rows per statement, as SQLAlchemy does for statements with RETURNING.

    One statement per row would be sent to PostgreSQL as a pipeline. A process that freezes in a
    pipeline keeps its locks, since no timeout of PostgreSQL applies between its statements.
    """
    if rows := list(values):
        session.connection().execute(statement.returning(literal(1)), rows).close()
