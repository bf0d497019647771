"""A PostgreSQL database, which several machines may share."""

import os
from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy import URL, Engine, create_engine, func, select
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

    def keep_others_out(self, session: Session) -> None:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))

    def give_back_space(self) -> None:
        """Its autovacuum does it."""

    def _what_to_do(self, error: BaseException) -> str:
        state = getattr(error, "sqlstate", None)
        if state is None or state[:2] in _NO_CONNECTION:
            return _CANNOT_CONNECT
        return _REMEDIES.get(state, "try again, and look into its log if it goes on")


_USUALLY = ("lock_timeout=30s", "idle_in_transaction_session_timeout=60s")
"""Unless the URL or PGOPTIONS say otherwise. Whoever freezes in the middle of a transaction must
not hold up for ever whoever takes over from them."""

_ALWAYS = ("timezone=UTC",)
"""In another time zone, times near the end of the year 9999 could not be read."""

_KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Seconds, and milliseconds: a server that is gone without a word is noticed in about a minute."""


def _options(url: URL) -> str:
    """The one that stands last wins."""
    own = url.normalized_query.get("options") or (os.environ.get("PGOPTIONS", ""),)
    usually, always = ([f"-c {setting}" for setting in each] for each in (_USUALLY, _ALWAYS))
    return " ".join([*usually, *own, *always])


def _open_engine(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": SECONDS_TO_CONNECT,
                "options": _options(url),
                **_KEEPALIVE,
            },
            hide_parameters=True,
        )
    except ImportError:
        raise ServiceError(
            "PostgreSQL needs a driver: pip install 'ecr-clean[postgresql]'"
        ) from None
