"""Reminders of plans, requests for approvals, and announcements of pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("plans", sa.Column("reminded_version", sa.Integer))
    op.create_table(
        "approval_requests",
        sa.Column(
            "plan",
            sa.String,
            sa.ForeignKey("plans.id", name="fk_approval_requests_plan_plans"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("plan", "version", "user", name="pk_approval_requests"),
    )
    op.create_table(
        "pause_announcements",
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("paused_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_pause_announcements"),
    )
