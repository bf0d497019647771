"""What AWS's price list said about each Region."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from bot.core.prices import PriceListProblem, PriceReading
from bot.store.cost_tables import PriceListRow
from bot.store.table_base import StoreQueries, insert_into, upsert
from bot.store.tables import RepositoryRow


class PriceListQueries(StoreQueries):
    def price_readings(self) -> Sequence[PriceReading]:
        with self._database.reading() as session:
            rows = session.scalars(select(PriceListRow).order_by(PriceListRow.region))
            return [_reading(row) for row in rows]

    def save_price(self, region: str, usd: float, at: datetime) -> None:
        row = {"region": region, "usd_per_gb_month": usd, "read_at": at, "asked_at": at}
        with self._database.writing() as session:
            upsert(session, PriceListRow, row | {"problem": None})

    def save_price_problem(self, region: str, problem: PriceListProblem, at: datetime) -> None:
        attempt = {"asked_at": at, "problem": problem}
        with self._database.writing() as session:
            added = insert_into(session, PriceListRow).values({"region": region} | attempt)
            session.execute(
                added.on_conflict_do_update(index_elements=[PriceListRow.region], set_=attempt)
            )

    def regions_of_repositories(self) -> Sequence[str]:
        """The Regions of all known repositories."""
        found = select(RepositoryRow.region).distinct().order_by(RepositoryRow.region)
        with self._database.reading() as session:
            return list(session.scalars(found))


def _reading(row: PriceListRow) -> PriceReading:
    problem = PriceListProblem(row.problem) if row.problem else None
    return PriceReading(row.region, row.usd_per_gb_month, row.read_at, row.asked_at, problem)
