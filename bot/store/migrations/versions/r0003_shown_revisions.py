"""The revision and version that each Slack message shows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("messages", sa.Column("shown_revision", sa.Integer))
    op.add_column("messages", sa.Column("shown_at", sa.DateTime(timezone=True)))
    op.add_column("messages", sa.Column("listed_version", sa.Integer))
    op.add_column("messages", sa.Column("updates", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_audit_events_plan", "audit_events", ["plan"])
