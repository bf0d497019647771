"""A PostgreSQL database, which several machines may share.

It may stand behind a pooler that gives a connection to each transaction (PgBouncer, RDS Proxy). So
settings last for one transaction, no statement is prepared, and locks end with their transaction.
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
"""Any number that no other program takes: `ecr_clea`."""

_REMEDIES = {
    "25006": "it can only be read: set DATABASE_URL to the primary",
    "42501": "grant the user of DATABASE_URL all rights on its schema",
    "53100": "make room on its disk",
}
_CANNOT_CONNECT = "check that it runs, and host, database, user and password in DATABASE_URL"
_OPTIONS_REFUSED = (
    "; PgBouncer and RDS Proxy refuse `options`: take them out of DATABASE_URL and "
    "PGOPTIONS, and set them with ALTER ROLE"
)
_POOLER_REFUSES = (
    "the pooler in front of it refuses that: look into its log; PgBouncer must have pool_mode "
    "transaction or session, not statement"
)
_PROTOCOL_VIOLATION = "08P01"
"""What PgBouncer answers with, whatever it refuses; PostgreSQL itself hardly ever does."""

_NO_CONNECTION = {"08", "28", "3D", "57"}
"""Classes of SQLSTATE: PostgreSQL, appendix A. Often a failure to connect has none."""


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
        """Its autovacuum does it."""

    def _fix_for(self, error: BaseException) -> str:
        state = getattr(error, "sqlstate", None)
        if state == _PROTOCOL_VIOLATION:
            return _POOLER_REFUSES
        if state is None or state[:2] in _NO_CONNECTION:
            return _CANNOT_CONNECT + (_OPTIONS_REFUSED if self._has_options else "")
        return _REMEDIES.get(state, "try again, and look into its log if it goes on")


_USUALLY = {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
"""Unless the options of the URL or PGOPTIONS name them. Whoever freezes in the middle of a
transaction must not hold up for ever whoever takes over from them."""

_ALWAYS = {"timezone": "UTC"}
"""In another time zone, times near the end of the year 9999 could not be read."""

_KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Seconds, and milliseconds: a server that is gone without a word is noticed in about a minute."""


def _own_options(url: URL) -> str:
    return " ".join(url.normalized_query.get("options") or (os.environ.get("PGOPTIONS", ""),))


def _settings(own_options: str) -> Iterator[str]:
    """Statements that hold until the transaction ends."""
    named = own_options.lower().replace("-", "_")  # libpq takes both `-c a_b=1` and `--a-b=1`
    for name, value in _USUALLY.items():
        if not re.search(f"(?<![a-z]){name}", named):
            yield f"SET LOCAL {name} = '{value}'"
    for name, value in _ALWAYS.items():
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
        """All in one message to the server."""
        connection.exec_driver_sql(settings)

    event.listen(engine, "begin", begin)
    return engine
