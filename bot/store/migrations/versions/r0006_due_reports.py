"""Scheduled reports."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "due_rounds",
        sa.Column("entry", sa.String, primary_key=True),
        sa.Column("local", sa.String, primary_key=True),
        sa.Column("registry_name", sa.String, primary_key=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.String),
        sa.Column("line", sa.String),
    )
    op.create_index("ix_due_rounds_begun_at", "due_rounds", ["begun_at"])
    op.create_table(
        "due_reports",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("local", sa.String, primary_key=True),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("min_saving", sa.Double, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("usd", sa.Double, nullable=False, server_default="0"),
        sa.Column("detail", sa.String, nullable=False, server_default=""),
        sa.Column("line", sa.String),
    )
    op.create_index("ix_due_reports_claimed_at", "due_reports", ["claimed_at"])
    op.create_index("ix_due_reports_line", "due_reports", ["line"])
