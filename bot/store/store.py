"""The store: all that the bot keeps in its database, and which database a URL means."""

from datetime import datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from sqlalchemy import URL, make_url, select
from sqlalchemy.exc import ArgumentError

from bot.core.errors import RequestError
from bot.store.audit import AuditQueries
from bot.store.changes import ChangeWriter
from bot.store.database import Database, migrate
from bot.store.jobs import JobQueries, ScheduledReportQueries
from bot.store.messages import DeliveryQueries, HomeTabQueries, MessageQueries
from bot.store.pins import PinQueries
from bot.store.plans import PlanQueries, ResultQueries
from bot.store.postgresql import PostgresqlDatabase
from bot.store.repositories import BotReadQueries, RepositoryQueries, TagScanQueries
from bot.store.runs import PauseQueries, RunQueries
from bot.store.sqlite import SqliteDatabase
from bot.store.tables import DatabaseInfoRow
from bot.store.workload_counts import WorkloadCountQueries

_ALLOWED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def open_database(url: str) -> Database:
    """Raises RequestError, without the URL in it: passwords stand there."""
    parsed = _parse(url)
    match parsed.drivername:
        case "sqlite" if _is_file(parsed):
            return SqliteDatabase(parsed)
        case "postgresql" | "postgres" | "postgresql+psycopg" if _is_served(parsed, url):
            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"))
        case _:
            raise RequestError(_not_allowed())


def _is_file(url: URL) -> bool:
    """What is kept in memory alone, no other process can see. A file has no host."""
    is_elsewhere = url.query or url.host or url.username
    return url.database not in {None, "", ":memory:"} and not is_elsewhere


def _is_served(url: URL, text: str) -> bool:
    """Of a password with an @ or a / in it, a part would be taken for the host or the database, and
    be shown."""
    ends_of_passwords = 1 if url.username else 0
    return (
        text.count("@") == ends_of_passwords
        and bool(url.database)
        and ":" not in str(url.database)
        and _is_host(url.host or "")
    )


def _is_host(name: str) -> bool:
    """Only what stood in brackets can have a colon."""
    if ":" not in name:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise RequestError(_not_allowed()) from None


def _not_allowed() -> str:
    return (
        f"DATABASE_URL is no URL that can be used: {_ALLOWED} is allowed, with an @ in the "
        "password as %40"
    )


class Store(
    PlanQueries,
    ResultQueries,
    ChangeWriter,
    RunQueries,
    PinQueries,
    AuditQueries,
    TagScanQueries,
    WorkloadCountQueries,
    BotReadQueries,
    MessageQueries,
    JobQueries,
    DeliveryQueries,
    RepositoryQueries,
    PauseQueries,
    HomeTabQueries,
    ScheduledReportQueries,
):
    """Plans, pins, runs, messages, jobs and the audit, on SQLite or PostgreSQL. `is_new`: this
    process made the database.

    Use it as a context manager. May be used by several threads. Every method raises ServiceError if
    the database fails; nothing was written then.
    """

    def __init__(self, database: Database, *, is_new: bool) -> None:
        super().__init__(database)
        self.is_new = is_new
        self._made_at = _made_at(database)

    @property
    def made_at(self) -> datetime:
        """When the database was made, in UTC. Pins of an earlier database are not known."""
        return self._made_at

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str) -> Store:
    """Makes the database, or brings its tables up to date. Raises RequestError if the URL is
    nonsense, ServiceError if the database cannot be used."""
    database = open_database(url)
    try:
        return Store(database, is_new=migrate(database))
    except BaseException:
        database.close()
        raise


def _made_at(database: Database) -> datetime:
    with database.reading() as session:
        return session.scalars(select(DatabaseInfoRow.made_at)).one()
