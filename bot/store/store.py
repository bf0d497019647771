"""The store: all that the bot keeps in its database."""

from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import select

from bot.store.audit import Audit
from bot.store.commits import Commits
from bot.store.database import Database
from bot.store.deliveries import Deliveries
from bot.store.due_reports import DueReports
from bot.store.homes import Homes
from bot.store.jobs import Jobs
from bot.store.messages import Messages
from bot.store.migrate import migrate
from bot.store.open_database import open_database
from bot.store.our_reads import OurReads
from bot.store.pauses import Pauses
from bot.store.pins import StoredPins
from bot.store.plans import Plans
from bot.store.receipts import Receipts
from bot.store.repositories import Repositories
from bot.store.runs import Runs
from bot.store.tables import AboutRow
from bot.store.tags import TagScans
from bot.store.usage_listed import UsageListed


class Store(
    Plans,
    Receipts,
    Commits,
    Runs,
    StoredPins,
    Audit,
    TagScans,
    UsageListed,
    OurReads,
    Messages,
    Jobs,
    Deliveries,
    Repositories,
    Pauses,
    Homes,
    DueReports,
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
        return session.scalars(select(AboutRow.made_at)).one()
