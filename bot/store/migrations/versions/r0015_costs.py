"""Storage over time, prices, and kinds of blocks that Slack refused."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "storage_history",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_measured", sa.Boolean, nullable=False),
        sa.Column("manifests", sa.Integer, nullable=False),
        sa.Column("stored_bytes", sa.BigInteger),
        sa.Column("in_use_bytes", sa.BigInteger),
        sa.Column("freeable_bytes", sa.BigInteger),
        sa.Column("policy_growth", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository", "day", name="pk_storage_history"),
    )
    op.create_table(
        "price_list",
        sa.Column("region", sa.String, nullable=False),
        sa.Column("usd_per_gb_month", sa.Double),
        sa.Column("read_at", MOMENT),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("problem", sa.String),
        sa.PrimaryKeyConstraint("region", name="pk_price_list"),
    )
    op.create_table(
        "refused_blocks",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("refused_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "kind", name="pk_refused_blocks"),
    )
