"""Runs of plans, and reads of the bot that all replicas know."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _plans()
    _runs()
    _kept_manifests()
    _our_reads()


def _plans() -> None:
    """Approvals that an older process still writes have no hash."""
    op.add_column("plans", sa.Column("stop_asked_by", sa.String))
    op.add_column("approvals", sa.Column("hash", sa.String, nullable=False, server_default=""))
    op.create_index(
        "ix_plan_items_plan_version_digest",
        "plan_items",
        ["plan", "version", "digest"],
        unique=True,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("machine", sa.String),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("plan", name="pk_runs"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_runs_plans"),
    )
    op.create_table(
        "run_batches",
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digests", sa.JSON, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("journalled_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("plan", "number", name="pk_run_batches"),
        sa.ForeignKeyConstraint(["plan"], ["runs.plan"], name="fk_run_batches_runs"),
    )


def _kept_manifests() -> None:
    op.create_table(
        "kept_manifests",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("media_type", sa.String),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_kept_manifests"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_kept_manifests_plans"),
    )


def _our_reads() -> None:
    op.create_table(
        "our_reads",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("pulled_before", MOMENT),
        sa.PrimaryKeyConstraint("repository", "digest", "at", name="pk_our_reads"),
    )
    op.create_table(
        "subjects_seen",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_subjects_seen"),
    )
