"""A PostgreSQL database, which several machines may share.

It may be behind a pooler that assigns a connection per transaction (PgBouncer, RDS Proxy). So
settings and locks last for one transaction, and statements are not prepared.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.orm import Session

from bot.core.errors import ServiceError
from bot.store.database import Database

SECONDS_TO_CONNECT = 10

_LOCK = 0x6563_725F_636C_6561
"""A number that no other program uses: `ecr_clea`."""

_FIXES = {
    "25006": "it is read-only. Set DATABASE_URL to the primary",
    "42501": "grant the user of DATABASE_URL all privileges on its schema",
    "53100": "free space on its disk",
}
_CANNOT_CONNECT = (
    "check that it runs, and check host, database, user and password in DATABASE_URL (or "
    "PGPASSWORD)"
)
_OPTIONS_REFUSED = (
    "; PgBouncer and RDS Proxy refuse `options`: remove them from DATABASE_URL and PGOPTIONS, "
    "and set them with ALTER ROLE"
)
_POOLER_REFUSES = (
    "its pooler refuses that. Check the log of the pooler; PgBouncer needs pool_mode transaction "
    "or session, not statement"
)
_PROTOCOL_VIOLATION = "08P01"
"""The code of all refusals of PgBouncer. PostgreSQL itself hardly uses it."""

_NO_CONNECTION = {"08", "28", "3D", "57"}
"""SQLSTATE classes: PostgreSQL, appendix A. Connection failures often have no SQLSTATE."""


class PostgresqlDatabase(Database):
    READING: ClassVar[Mapping[str, object]] = {
        "isolation_level": "REPEATABLE READ",
        "postgresql_readonly": True,
    }

    def __init__(self, url: URL) -> None:
        host = url.host or url.query.get("host") or "localhost"
        super().__init__(f"The database {url.database} on {host}", _open_engine(url))
        self._has_options = bool(_own_options(url))

    def lock_for_migration(self, session: Session) -> None:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))

    def reclaim_space(self) -> None:
        """Does nothing: autovacuum reclaims the space."""

    def _fix_for(self, error: BaseException) -> str:
        state = getattr(error, "sqlstate", None)
        if state == _PROTOCOL_VIOLATION:
            return _POOLER_REFUSES
        if state is None or state[:2] in _NO_CONNECTION:
            return _CANNOT_CONNECT + (_OPTIONS_REFUSED if self._has_options else "")
        return _FIXES.get(state, "try again; if it fails again, check the log of the database")


_DEFAULT_SETTINGS = {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
"""Defaults, unless the options of the URL or PGOPTIONS set them. A process that freezes in a
transaction must not block other workers forever."""

_FIXED_SETTINGS = {"timezone": "UTC"}
"""In other time zones, times near the end of the year 9999 cannot be read."""

_KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Seconds, and milliseconds. A server that disappears is noticed within about a minute."""


def _own_options(url: URL) -> str:
    return " ".join(url.normalized_query.get("options") or (os.environ.get("PGOPTIONS", ""),))


def _settings(own_options: str) -> Iterator[str]:
    """SET statements that last until the transaction ends."""
    named = own_options.lower().replace("-", "_")  # libpq accepts both `-c a_b=1` and `--a-b=1`
    for name, value in _DEFAULT_SETTINGS.items():
        if not re.search(f"(?<![a-z]){name}", named):
            yield f"SET LOCAL {name} = '{value}'"
    for name, value in _FIXED_SETTINGS.items():
        yield f"SET LOCAL {name} = '{value}'"


def _open_engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": SECONDS_TO_CONNECT,
                "prepare_threshold": None,
                **_KEEPALIVE,
            },
            hide_parameters=True,
        )
    except ImportError:
        raise ServiceError(
            "PostgreSQL needs a driver: pip install 'ecr-clean[postgresql]'"
        ) from None
    settings = "; ".join(_settings(_own_options(url)))

    def begin(connection: Connection) -> None:
        """Sends all settings in one message to the server."""
        connection.exec_driver_sql(settings)

    event.listen(engine, "begin", begin)
    return engine
