"""The database tables for costs: storage over time, and prices."""

from datetime import date, datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.table_base import TableBase


class StorageDayRow(TableBase):
    """What a repository stored on a day. `is_measured` False: reconstructed from push times, which
    only `at`, `manifests` and `stored_bytes` describe. `policy_growth`: bytes a week. `day`: in
    UTC. None: unknown."""

    __tablename__ = "storage_history"

    repository: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    is_measured: Mapped[bool]
    manifests: Mapped[int]
    stored_bytes: Mapped[int | None] = mapped_column(BigInteger)
    in_use_bytes: Mapped[int | None] = mapped_column(BigInteger)
    freeable_bytes: Mapped[int | None] = mapped_column(BigInteger)
    policy_growth: Mapped[int | None] = mapped_column(BigInteger)


class PriceListRow(TableBase):
    """The price of storage in a Region, as in PriceReading."""

    __tablename__ = "price_list"

    region: Mapped[str] = mapped_column(primary_key=True)
    usd_per_gb_month: Mapped[float | None]
    read_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    problem: Mapped[str | None]
