"""The common part of the SQLite and PostgreSQL databases, and migrations."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from bot.core.errors import ServiceError
from bot.sanitize import quoted

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


CURRENT = "0017"
"""The newest revision. If the database has it, Alembic is not imported."""

SHRINKS = "0008"
"""This revision deletes much data of older ones, so the database shrinks."""

_ONE_AT_A_TIME = Lock()
"""Alembic supports one migration per process at a time."""


class Database(ABC):
    """Several threads may use it. Raises ServiceError if it fails. IntegrityError is a bug, and not
    converted."""

    READING: ClassVar[Mapping[str, object]]
    """Options of read-only transactions: they see one snapshot and block no writer."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self._engine = engine
        self._readers = sessionmaker(engine.execution_options(**self.READING))
        self._writers = sessionmaker(engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._explained(), self._readers.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction. It is committed at the end, unless an error is raised."""
        with self._explained(), self._writers.begin() as session:
            yield session

    def close(self) -> None:
        self._engine.dispose()

    @abstractmethod
    def lock_for_migration(self, session: Session) -> None:
        """Prevents migrations of other processes until the transaction ends."""

    @abstractmethod
    def reclaim_space(self) -> None:
        """Returns the space of deleted rows to the disk, if that blocks no other process. Otherwise
        later rows reuse it."""

    @abstractmethod
    def _fix_for(self, error: BaseException) -> str: ...

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise self._failure(error.orig or error) from error
        except PoolTimeoutError as error:
            raise ServiceError(
                f"{self.name} is busy (no connection became free): try again later"
            ) from error

    def _failure(self, error: BaseException) -> ServiceError:
        said = quoted(str(error).strip().partition("\n")[0])
        return ServiceError(f"{self.name} cannot be used ({said}): {self._fix_for(error)}")


def migrate(database: Database) -> bool:
    """Creates or updates the tables. True if the database was empty. Several processes may call it
    at the same time."""
    with database.reading() as session:
        if _revision(session.connection()) == CURRENT:
            return False
    with _ONE_AT_A_TIME, database.writing() as session:
        database.lock_for_migration(session)
        connection = session.connection()
        found = _revision(connection)
        _refuse_newer(found, database.name)
        upgrade(connection, "head")
    if found is not None and found < SHRINKS:
        database.reclaim_space()
    return found is None


def upgrade(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(connection), revision)


def scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _refuse_newer(revision: str | None, name: str) -> None:
    known = {script.revision for script in scripts().walk_revisions()}
    if revision not in {None, *known}:
        raise ServiceError(
            f"{name} was made by a newer ecr-clean (revision {revision}): upgrade this one, or set "
            "DATABASE_URL to another database"
        )


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
