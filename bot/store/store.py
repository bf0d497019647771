"""The store: everything that the bot keeps in its database. Opens the database of a URL."""

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
from bot.store.digests import DigestQueries, PlanSelectionQueries
from bot.store.jobs import JobQueries, ScheduledReportQueries
from bot.store.messages import (
    HomeTabQueries,
    MessageQueries,
    RefusedBlockQueries,
    SlackDeliveryQueries,
)
from bot.store.pins import PinQueries
from bot.store.plans import PlanQueries, ResultQueries
from bot.store.postgresql import PostgresqlDatabase
from bot.store.price_list import PriceListQueries
from bot.store.repositories import BotReadQueries, RepositoryQueries, TagScanQueries
from bot.store.runs import PauseQueries, RunQueries
from bot.store.slack_notifications import PauseAnnouncementQueries, ReminderQueries
from bot.store.sqlite import SqliteDatabase
from bot.store.storage_history import StorageHistoryQueries
from bot.store.tables import DatabaseInfoRow
from bot.store.usage_history import UsageHistoryQueries
from bot.store.usage_scan_turn import UsageScanTurnQueries
from bot.store.workload_counts import WorkloadCountQueries

_ALLOWED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def open_database(url: str) -> Database:
    """Raises RequestError. Its text does not contain the URL, which may have a password."""
    parsed = _parse(url)
    match parsed.drivername:
        case "sqlite" if _is_file(parsed):
            return SqliteDatabase(parsed)
        case "postgresql" | "postgres" | "postgresql+psycopg" if _is_served(parsed, url):
            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"))
        case _:
            raise RequestError(_not_allowed())


def _is_file(url: URL) -> bool:
    """In-memory databases are refused, since processes cannot share them."""
    is_elsewhere = url.query or url.host or url.username
    return url.database not in {None, "", ":memory:"} and not is_elsewhere


def _is_served(url: URL, text: str) -> bool:
    """Refuses URLs with an unescaped @ or / in the password: a part of it would be taken for the
    host or the database name, and shown."""
    ends_of_passwords = 1 if url.username else 0
    return (
        text.count("@") == ends_of_passwords
        and bool(url.database)
        and ":" not in str(url.database)
        and _is_host(url.host or "")
    )


def _is_host(name: str) -> bool:
    """A host name, or an IPv6 address without its brackets."""
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
        f"DATABASE_URL is not a supported URL: use {_ALLOWED}, and write an @ in the password as "
        "%40"
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
    UsageHistoryQueries,
    UsageScanTurnQueries,
    BotReadQueries,
    MessageQueries,
    JobQueries,
    SlackDeliveryQueries,
    RefusedBlockQueries,
    RepositoryQueries,
    StorageHistoryQueries,
    PriceListQueries,
    PauseQueries,
    PauseAnnouncementQueries,
    ReminderQueries,
    HomeTabQueries,
    ScheduledReportQueries,
    DigestQueries,
    PlanSelectionQueries,
):
    """Plans, pins, runs, messages, jobs and the audit, on SQLite or PostgreSQL. `is_new`: this
    process created the database.

    Use it as a context manager. Several threads may use it. Every method raises ServiceError if the
    database fails; nothing was written then.
    """

    def __init__(self, database: Database, *, is_new: bool) -> None:
        super().__init__(database)
        self.is_new = is_new
        self._made_at = _made_at(database)

    @property
    def made_at(self) -> datetime:
        """When the database was created, in UTC. Pins of an earlier database are unknown."""
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
    """Creates or migrates the database. Raises RequestError if the URL is invalid, ServiceError if
    the database cannot be used."""
    database = open_database(url)
    try:
        return Store(database, is_new=migrate(database))
    except BaseException:
        database.close()
        raise


def _made_at(database: Database) -> datetime:
    with database.reading() as session:
        return session.scalars(select(DatabaseInfoRow.made_at)).one()
