"""What the parts of the store have in common."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Delete, Table, Update, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.store.columns import Base
from bot.store.database import Database

Insert = sqlite.Insert | postgresql.Insert


class StorePart:
    """Some methods of the store. Each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database


def insert_into(session: Session, row: type[Base]) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(row) if on_sqlite else postgresql.insert(row)


def count_of(session: Session, statement: Insert | Update | Delete) -> int:
    """How many rows it wrote."""
    options = {"preserve_rowcount": True}
    return session.connection().execute(statement, execution_options=options).rowcount


def upsert(session: Session, row: type[Base], values: dict[str, Any]) -> None:
    """A row with the same key is overwritten."""
    upsert_all(session, row, [values])


def upsert_all(session: Session, row: type[Base], values: Iterable[dict[str, Any]]) -> None:
    """Rows with the same keys are overwritten; of several values with the same, the last counts."""
    table = row.__table__
    assert isinstance(table, Table)
    key = [column.name for column in table.primary_key]
    by_key = {tuple(each[name] for name in key): each for each in values}
    added = insert_into(session, row)
    replaced = {c.name: added.excluded[c.name] for c in table.columns if not c.primary_key}
    overwriting = added.on_conflict_do_update(index_elements=table.primary_key, set_=replaced)
    for_each(session, overwriting, by_key.values())


def insert_new(session: Session, row: type[Base], values: Iterable[dict[str, Any]]) -> None:
    """Rows with the same keys stay."""
    for_each(session, insert_into(session, row).on_conflict_do_nothing(), values)


def insert_all(session: Session, row: type[Base], values: Iterable[dict[str, Any]]) -> None:
    for_each(session, insert_into(session, row), values)


def for_each(session: Session, statement: Insert, values: Iterable[dict[str, Any]]) -> None:
    """A thousand rows a statement, as SQLAlchemy does where something is returned.

    A statement for each row would be sent to PostgreSQL in a pipeline, and whoever freezes in the
    middle of one keeps its locks: no time-out counts what lies between two of its statements.
    """
    if rows := list(values):
        session.connection().execute(statement.returning(literal(1)), rows).close()
