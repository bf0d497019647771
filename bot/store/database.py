"""A database, as far as SQLite and PostgreSQL are alike."""

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


CURRENT = "0012"
"""The newest revision, told here too: who finds it in the database need not load Alembic."""

SHRINKS = "0008"
"""This revision removes much of what older ones stored."""

_ONE_AT_A_TIME = Lock()
"""Alembic knows one migration in a process."""


class Database(ABC):
    """May be used by several threads. Raises ServiceError if it fails; a constraint that is hurt is
    a bug of ours, and raised as it is."""

    READING: ClassVar[Mapping[str, object]]
    """Options that make a transaction see one instant, and hinder nobody."""

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
        """One transaction: lands at the end, unless it is rolled back or something is raised."""
        with self._explained(), self._writers.begin() as session:
            yield session

    def close(self) -> None:
        self._engine.dispose()

    @abstractmethod
    def lock_for_migration(self, session: Session) -> None:
        """Until this transaction ends, no other process may change the tables."""

    @abstractmethod
    def reclaim_space(self) -> None:
        """Returns the space of removed rows to the disk, as far as that hinders no other process.
        Rows that come later use what is not returned."""

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
                f"{self.name} is busy (no connection became free): try again in a while"
            ) from error

    def _failure(self, error: BaseException) -> ServiceError:
        said = quoted(str(error).strip().partition("\n")[0])
        return ServiceError(f"{self.name} cannot be used ({said}): {self._fix_for(error)}")


def migrate(database: Database) -> bool:
    """True if the database was empty. Several processes may do this at the same time."""
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
