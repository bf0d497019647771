"""When the image of each tag was pushed, and its size: people choose tags by them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("tag_bindings", sa.Column("pushed_at", sa.DateTime(timezone=True)))
    op.add_column("tag_bindings", sa.Column("size_bytes", sa.BigInteger))
