"""What has run out or is to be carried out is found without reading all plans and pins."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_plans_state", "plans", ["state"])
    op.create_index("ix_pins_until", "pins", ["until"])
