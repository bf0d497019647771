"""Brings the tables of a database up to date."""

from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.core.errors import ServiceError
from bot.store.database import Database

_ONE_AT_A_TIME = Lock()
"""Alembic knows one migration in a process."""


def migrate(database: Database) -> bool:
    """True if the database was empty. Several processes may do this at the same time."""
    with database.reading() as session:
        if _is_current(session.connection()):
            return False
    with _ONE_AT_A_TIME, database.writing() as session:
        database.keep_others_out(session)
        connection = session.connection()
        found = _revision(connection)
        _refuse_newer(found, database.name)
        upgrade(connection, "head")
        return found is None


def upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(_config(connection), revision)


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _is_current(connection: Connection) -> bool:
    return _revision(connection) == scripts().get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(revision: str | None, name: str) -> None:
    known = {script.revision for script in scripts().walk_revisions()}
    if revision not in {None, *known}:
        raise ServiceError(
            f"{name} was made by a newer ecr-clean (revision {revision}): upgrade this one, or set "
            "DATABASE_URL to another database"
        )


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
