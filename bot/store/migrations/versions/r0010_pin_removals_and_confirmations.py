"""Who removed pins and confirmed usage, and which deletions ECR confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _pin_removals()
    _usage_confirmations()
    _deletions()


def _pin_removals() -> None:
    op.create_table(
        "pin_removals",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("pin", sa.String, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("removed_by", sa.String, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=False),
        sa.Column("pinned_by", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("until", MOMENT),
        sa.PrimaryKeyConstraint(
            "repository", "pin", "made_at", "removed_by", name="pk_pin_removals"
        ),
    )


def _usage_confirmations() -> None:
    op.add_column("usage_listed", sa.Column("before_workloads", sa.Integer))
    op.add_column("usage_listed", sa.Column("before_at", MOMENT))
    op.create_table(
        "usage_confirmations",
        sa.Column("source", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("workloads", sa.Integer, nullable=False),
        sa.Column("listed_at", MOMENT, nullable=False),
        sa.Column("before_workloads", sa.Integer, nullable=False),
        sa.Column("before_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "scope", "at", name="pk_usage_confirmations"),
    )


def _deletions() -> None:
    """Unanswered batches of earlier versions count as sent. Unconfirmed deletions of earlier
    versions say so in their reason, and their bytes remain in `freed_bytes`."""
    op.add_column("run_batches", sa.Column("sent_at", MOMENT))
    op.execute("UPDATE run_batches SET sent_at = journalled_at WHERE answered_at IS NULL")
    op.add_column(
        "plan_items",
        sa.Column("is_unconfirmed", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "plans",
        sa.Column("unconfirmed_bytes", sa.BigInteger, nullable=False, server_default="0"),
    )
