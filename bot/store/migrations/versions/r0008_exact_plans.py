"""Plans tell whether what they free is known exactly."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Of older plans only their content tells it."""
    op.add_column("plans", sa.Column("exact", sa.Boolean, nullable=False, server_default=sa.true()))
