"""The database tables for usage: what earlier scans saw in use, and what each source listed."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.store.table_base import TableBase


class DigestUseRow(TableBase):
    """The last scan that saw a digest in use, as in LastUse."""

    __tablename__ = "digest_uses"

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    users: Mapped[tuple[str, ...]]
    others: Mapped[int]


class TagUseRow(TableBase):
    """The last scan that saw a tag in use, as in LastUse. `repository`: ACCOUNT/REGION/NAME."""

    __tablename__ = "tag_uses"

    repository: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    users: Mapped[tuple[str, ...]]
    others: Mapped[int]


class UsageScanRow(TableBase):
    """A whole scan of a ScanPlace."""

    __tablename__ = "usage_scans"

    source: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)


class WorkloadCountRow(TableBase):
    """How many workloads a source listed in one whole scan that was not doubted, or that was
    confirmed. Counts that a later one reaches are removed, and those of more than 8 days."""

    __tablename__ = "workload_counts"

    source: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    workloads: Mapped[int]


class UsageScanTurnRow(TableBase):
    """One row: when the next regular scan is due, and which worker makes it. `attempt`: changes
    with each worker that takes the turn."""

    __tablename__ = "usage_scan_turn"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime]
    worker: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    attempt: Mapped[int]
