"""The database tables; `slack_tables` has more. `migrations/` creates and changes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.core.plan import OPEN
from bot.store.stored_values import StoredValue
from bot.store.table_base import RedactedText, TableBase

PLAN_IS_OPEN = text(f"state IN ({', '.join(sorted(repr(state.value) for state in OPEN))})")

AUTO_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite generates ids only for INTEGER columns, which have 64 bits there."""


class DatabaseInfoRow(TableBase):
    """One row: when the database was created, and the current pause, if there is one."""

    __tablename__ = "about"

    made_at: Mapped[datetime] = mapped_column(primary_key=True)
    paused_by: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    paused_why: Mapped[str | None] = mapped_column(RedactedText)


class PlanRow(TableBase):
    __tablename__ = "plans"
    __table_args__ = (
        Index(
            "one_open_plan_per_repository",
            "repository",
            unique=True,
            sqlite_where=PLAN_IS_OPEN,
            postgresql_where=PLAN_IS_OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    repository: Mapped[str] = mapped_column(index=True)
    account: Mapped[str]
    region: Mapped[str]
    name: Mapped[str]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    hash: Mapped[str]
    complete: Mapped[bool]
    checked: Mapped[bool]
    manifests: Mapped[int]
    deletions: Mapped[int]
    freed_bytes: Mapped[int] = mapped_column(BigInteger)
    exact: Mapped[bool] = mapped_column(server_default=true())
    proposed_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    execute_after: Mapped[datetime | None]
    stop_asked_by: Mapped[str | None]
    stop_cause_value: Mapped[Any] = mapped_column(StoredValue, nullable=True)
    revision: Mapped[int]
    told_version: Mapped[int | None]
    reminded_version: Mapped[int | None]
    unconfirmed_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    images: Mapped[int | None]
    images_to_delete: Mapped[int | None]
    recent_pulls: Mapped[int | None]
    images_forgotten: Mapped[int | None]

    approvals: Mapped[list["ApprovalRow"]] = relationship(lazy="selectin", viewonly=True)


class PlanVersionRow(TableBase):
    """A version of a plan. If it was replaced before it was approved, `content` is empty, and
    `difference` is set: see `replace_version`."""

    __tablename__ = "plan_versions"

    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str]
    content: Mapped[bytes]
    made_at: Mapped[datetime]
    difference: Mapped[bytes | None]


class PlanItemRow(TableBase):
    __tablename__ = "plan_items"
    __table_args__ = (
        ForeignKeyConstraint(["plan", "version"], [PlanVersionRow.plan, PlanVersionRow.version]),
        Index(None, "plan", "version", "digest", unique=True),
    )

    plan: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str]
    tags: Mapped[tuple[str, ...]]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(RedactedText)
    """Only in rows of versions before 0011."""
    reason_value: Mapped[Any] = mapped_column(StoredValue, nullable=True)
    is_unconfirmed: Mapped[bool] = mapped_column(server_default=false())


class ApprovalRow(TableBase):
    __tablename__ = "approvals"

    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    hash: Mapped[str] = mapped_column(server_default="")


class RunRow(TableBase):
    """The run of a plan, and the worker that executes it, or executed it last."""

    __tablename__ = "runs"

    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id), primary_key=True)
    version: Mapped[int]
    attempt: Mapped[int]
    host: Mapped[str]
    machine: Mapped[str | None]
    pid: Mapped[int]
    started: Mapped[int] = mapped_column(BigInteger)
    begun_at: Mapped[datetime]
    leased_until: Mapped[datetime]


class RunBatchRow(TableBase):
    """The images of one call to ECR. `sent_at` None: the call was not sent. `answered_at` None: its
    result is unknown."""

    __tablename__ = "run_batches"

    plan: Mapped[str] = mapped_column(ForeignKey(RunRow.plan), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digests: Mapped[tuple[str, ...]]
    attempt: Mapped[int]
    journalled_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class KeptManifestRow(TableBase):
    """A copy of a manifest that `plan` deletes. `text` is compressed."""

    __tablename__ = "kept_manifests"

    repository: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    tags: Mapped[tuple[str, ...]]
    media_type: Mapped[str | None]
    text: Mapped[bytes]
    plan: Mapped[str] = mapped_column(ForeignKey(PlanRow.id))
    kept_at: Mapped[datetime]


class PinRow(TableBase):
    __tablename__ = "pins"

    repository: Mapped[str] = mapped_column(primary_key=True)
    pin: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(RedactedText)
    until: Mapped[datetime | None] = mapped_column(index=True)
    made_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]


class PinRemovalRow(TableBase):
    """A pin that another person than its author removed, and who removed it."""

    __tablename__ = "pin_removals"

    repository: Mapped[str] = mapped_column(primary_key=True)
    pin: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(primary_key=True)
    removed_by: Mapped[str] = mapped_column(primary_key=True)
    removed_at: Mapped[datetime]
    pinned_by: Mapped[str]
    reason: Mapped[str] = mapped_column(RedactedText)
    until: Mapped[datetime | None]


class AuditEventRow(TableBase):
    """An audit event. Triggers refuse changes and deletions of rows."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "at", "id"),)

    id: Mapped[int] = mapped_column(AUTO_ID, primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str]
    by: Mapped[str]
    detail: Mapped[str] = mapped_column(RedactedText)
    """Only in rows of versions before 0011."""
    detail_value: Mapped[Any] = mapped_column(StoredValue, nullable=True)
    plan: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int | None]
    repository: Mapped[str | None]
    digests: Mapped[tuple[str, ...]]


class UsageListedRow(TableBase):
    """How many workloads a usage source listed last. `is_believed` False: the number needs a
    confirmation; `before_…` is the number that it was compared with, or None for the one with
    `is_believed` True."""

    __tablename__ = "usage_listed"

    source: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    is_believed: Mapped[bool] = mapped_column(primary_key=True)
    workloads: Mapped[int]
    at: Mapped[datetime]
    before_workloads: Mapped[int | None]
    before_at: Mapped[datetime | None]


class WorkloadCountConfirmationRow(TableBase):
    """A confirmation that a usage source listed the right number of workloads."""

    __tablename__ = "usage_confirmations"

    source: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    by: Mapped[str]
    workloads: Mapped[int]
    listed_at: Mapped[datetime]
    before_workloads: Mapped[int]
    before_at: Mapped[datetime]


class TagScanRow(TableBase):
    __tablename__ = "tag_scans"

    repository: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    known_since: Mapped[datetime | None]


class TagBindingRow(TableBase):
    __tablename__ = "tag_bindings"

    repository: Mapped[str] = mapped_column(ForeignKey(TagScanRow.repository), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    since: Mapped[datetime | None]
    came_after: Mapped[datetime | None]
    came_by: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)


class PastTagBindingRow(TableBase):
    """A digest that a tag named before."""

    __tablename__ = "past_tag_bindings"

    repository: Mapped[str] = mapped_column(ForeignKey(TagScanRow.repository), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    gone_by: Mapped[datetime]
    came_after: Mapped[datetime | None]
    came_by: Mapped[datetime | None]


class TagLossRow(TableBase):
    __tablename__ = "tag_losses"

    repository: Mapped[str] = mapped_column(ForeignKey(TagScanRow.repository), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class BotReadRow(TableBase):
    """A read by the bot. ECR may have recorded it as a pull between `recorded_from` and
    `recorded_until`."""

    __tablename__ = "our_reads"

    repository: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    pulled_before: Mapped[datetime | None]
    recorded_from: Mapped[datetime | None]
    recorded_until: Mapped[datetime | None]


class SeenSubjectRow(TableBase):
    """A subject of a referrer by tag that was seen in the repository."""

    __tablename__ = "subjects_seen"

    repository: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)


class JobRow(TableBase):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(AUTO_ID, primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, str]]
    made_at: Mapped[datetime]
    not_before: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    leased_until: Mapped[datetime | None]


class RepositoryRow(TableBase):
    """A repository that a registry listed. `plan` and the columns after it: of its last scan."""

    __tablename__ = "repositories"

    repository: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    region: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    listed_at: Mapped[datetime]
    plan: Mapped[str | None] = mapped_column(ForeignKey(PlanRow.id))
    looked_at: Mapped[datetime | None]
    stored_bytes: Mapped[int | None] = mapped_column(BigInteger)


class ReportRoundRow(TableBase):
    """One registry in a round of scheduled reports. `local`: `YYYY-MM-DDTHH:MM`. `listed_at` None:
    its repositories are not claimed yet. `line`: the summary job that reports `failure`."""

    __tablename__ = "due_rounds"

    entry: Mapped[str] = mapped_column(primary_key=True)
    local: Mapped[str] = mapped_column(primary_key=True)
    registry_name: Mapped[str] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(index=True)
    listed_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(RedactedText)
    line: Mapped[str | None]


class ScheduledReportRow(TableBase):
    """One repository in a round of reports. `line`: the job that posts the outcome; empty if none
    is needed. `plan`: of a report that is posted. `settled_at`: when `outcome` was recorded."""

    __tablename__ = "due_reports"

    repository: Mapped[str] = mapped_column(primary_key=True)
    local: Mapped[str] = mapped_column(primary_key=True)
    entry: Mapped[str]
    min_saving: Mapped[float]
    claimed_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str | None]
    usd: Mapped[float] = mapped_column(server_default="0")
    detail: Mapped[str] = mapped_column(RedactedText, server_default="")
    """Only in rows of versions before 0011."""
    error_value: Mapped[Any] = mapped_column(StoredValue, nullable=True)
    line: Mapped[str | None] = mapped_column(index=True)
    plan: Mapped[str | None] = mapped_column(ForeignKey(PlanRow.id))
    settled_at: Mapped[datetime | None]
