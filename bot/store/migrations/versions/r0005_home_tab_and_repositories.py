"""Repositories by name, Home tabs, pauses, and notifications of pins and approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "repositories",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("region", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.String, sa.ForeignKey("plans.id")),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("stored_bytes", sa.BigInteger),
    )
    op.create_index("ix_repositories_name", "repositories", ["name"])
    op.create_table(
        "homes",
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True)),
        sa.Column("shown_event", sa.BigInteger),
    )
    op.add_column("about", sa.Column("paused_by", sa.String))
    op.add_column("about", sa.Column("paused_at", sa.DateTime(timezone=True)))
    op.add_column("about", sa.Column("paused_why", sa.String))
    op.add_column("pins", sa.Column("warned_at", sa.DateTime(timezone=True)))
    op.add_column("plans", sa.Column("told_version", sa.Integer))
    op.create_index("ix_plans_repository", "plans", ["repository"])
