"""Brings the tables of a database up to date."""

from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from bot.core.errors import ServiceError
from bot.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

CURRENT = "0011"
"""The newest revision, told here too: who finds it in the database need not load Alembic."""

SHRINKS = "0008"
"""This revision removes much of what older ones stored."""

_ONE_AT_A_TIME = Lock()
"""Alembic knows one migration in a process."""


def migrate(database: Database) -> bool:
    """True if the database was empty. Several processes may do this at the same time."""
    with database.reading() as session:
        if _revision(session.connection()) == CURRENT:
            return False
    with _ONE_AT_A_TIME, database.writing() as session:
        database.keep_others_out(session)
        connection = session.connection()
        found = _revision(connection)
        _refuse_newer(found, database.name)
        upgrade(connection, "head")
    if found is not None and found < SHRINKS:
        database.give_back_space()
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
