"""Indexes for plans by state and pins by expiry."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_plans_state", "plans", ["state"])
    op.create_index("ix_pins_until", "pins", ["until"])
