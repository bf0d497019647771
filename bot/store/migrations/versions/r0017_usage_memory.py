"""When images were last in use, whole scans of usage, and workload counts of 8 days."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _last_uses("digest_uses", "digest")
    _last_uses("tag_uses", "repository", "tag")
    _by_scan("usage_scans")
    op.create_index("ix_usage_scans_at", "usage_scans", ["at"])
    _by_scan("workload_counts", sa.Column("workloads", sa.Integer, nullable=False))
    op.execute(
        "INSERT INTO workload_counts (source, scope, at, workloads) "
        "SELECT source, scope, at, workloads FROM usage_listed WHERE is_believed"
    )
    op.create_table(
        "usage_scan_turn",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("leased_until", MOMENT),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_scan_turn"),
    )


def _last_uses(table: str, *key: str) -> None:
    op.create_table(
        table,
        *(sa.Column(name, sa.String, nullable=False) for name in key),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("users", sa.JSON, nullable=False),
        sa.Column("others", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_at", table, ["at"])


def _by_scan(table: str, *columns: "sa.Column[int]") -> None:
    op.create_table(
        table,
        sa.Column("source", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("source", "scope", "at", name=f"pk_{table}"),
    )
