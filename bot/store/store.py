"""The store: what people decided, and what became of it."""

from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import select

from bot.store.audit import Audit
from bot.store.changes import Changes
from bot.store.database import Database
from bot.store.deliveries import Deliveries
from bot.store.due_reports import DueReports
from bot.store.homes import Homes
from bot.store.jobs import Jobs
from bot.store.messages import PlanMessages
from bot.store.migrate import migrate
from bot.store.open_database import open_database
from bot.store.our_reads import OurReads
from bot.store.pauses import Pauses
from bot.store.pins import Pins
from bot.store.plans import Plans
from bot.store.receipts import Receipts
from bot.store.repositories import Repositories
from bot.store.runs import Runs
from bot.store.tables import AboutRow
from bot.store.tags import Tags
from bot.store.usage_listed import UsageListed


class SqlStore(
    Plans,
    Receipts,
    Changes,
    Runs,
    Pins,
    Audit,
    Tags,
    UsageListed,
    OurReads,
    PlanMessages,
    Jobs,
    Deliveries,
    Repositories,
    Pauses,
    Homes,
    DueReports,
):
    """On SQLite or PostgreSQL. Use it as a context manager."""

    def __init__(self, database: Database, *, is_new: bool) -> None:
        super().__init__(database)
        self.is_new = is_new
        self._made_at = _made_at(database)

    @property
    def made_at(self) -> datetime:
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


def open_store(url: str) -> SqlStore:
    """Makes the database, or brings its tables up to date. Raises RequestError if the URL is
    nonsense, ServiceError if the database cannot be used."""
    database = open_database(url)
    try:
        return SqlStore(database, is_new=migrate(database))
    except BaseException:
        database.close()
        raise


def _made_at(database: Database) -> datetime:
    with database.reading() as session:
        return session.scalars(select(AboutRow.made_at)).one()
